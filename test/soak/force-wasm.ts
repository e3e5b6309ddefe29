/**
 * Forces the engine in WebAssembly: to be imported before whatever uses an engine.
 *
 * @module
 */
import { configureEngines } from '../../src/engines/index.ts';

configureEngines({ hash: 'wasm', kem: 'wasm', sign: 'wasm' });
