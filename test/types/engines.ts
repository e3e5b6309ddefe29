import {
  configureEngines,
  type EngineInfo,
  type EngineName,
  engineInfo,
  loadWasmEngine,
  runSelfTests,
} from '@mwrasp/crypto/engines';

declare const info: EngineInfo;

// Engines and families are those that exist.
// @ts-expect-error no such engine
configureEngines('openssl');
// @ts-expect-error no such engine for a family
configureEngines({ kem: 'openssl' });
// @ts-expect-error no such family
configureEngines({ rsa: 'node' });
// @ts-expect-error the choice is missing
configureEngines();
// @ts-expect-error a list is no choice
configureEngines(['node', 'noble']);
// @ts-expect-error a flag is no engine
configureEngines({ kem: true });
// @ts-expect-error absent is absent, not undefined
configureEngines({ kem: undefined });
// @ts-expect-error any text may not be an engine
export const name: EngineName = 'Node' as string;

// What is told is read-only, and told at once.
// @ts-expect-error an engine is not chosen by writing into what is told
info.kem = info.sign;
// @ts-expect-error nor inside it
info.kem.engine = 'noble';
// @ts-expect-error self-tests take nothing
runSelfTests('kem');
// @ts-expect-error they are no promise
runSelfTests().then(() => {});
// @ts-expect-error the engine is there when the promise says so
export const isLoaded: boolean = loadWasmEngine();
// @ts-expect-error loading takes nothing
void loadWasmEngine('kem');
// @ts-expect-error there is no such family
engineInfo().rsa;
