'use strict';
const story = require('./story.cjs');

console.log(JSON.stringify(story(require('@mwrasp/crypto'), require('@mwrasp/crypto/kem'))));
