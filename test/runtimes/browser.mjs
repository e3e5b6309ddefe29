import * as api from '@mwrasp/crypto';
import * as kem from '@mwrasp/crypto/kem';
import { run } from './program.js';
import story from './story.cjs';

globalThis.outcome = { typescript: run(), javascript: story(api, kem) };
