import * as api from '@mwrasp/crypto';
import * as kem from '@mwrasp/crypto/kem';
import story from './story.cjs';

console.log(JSON.stringify(story(api, kem)));
