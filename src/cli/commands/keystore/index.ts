/**
 * `keystore`: keys that do not come out, in a folder or in a token.
 *
 * @module
 */
import type { Command } from 'commander';
import { addDestroy } from './destroy.ts';
import { addDoctor } from './doctor.ts';
import { addGenerate } from './generate.ts';
import { addImport } from './import.ts';
import { addInit } from './init.ts';
import { addList } from './list.ts';
import { addPublic } from './public.ts';

/** Adds the commands. */
export function addKeystore(program: Command): void {
  const keystore = program
    .command('keystore')
    .description('make and manage keystores: folders of sealed keys, and PKCS#11 tokens');
  addInit(keystore);
  addList(keystore);
  addGenerate(keystore);
  addImport(keystore);
  addPublic(keystore);
  addDestroy(keystore);
  addDoctor(keystore);
}
