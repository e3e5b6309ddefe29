/**
 * What a disk holds after a power cut: what was made durable, and of the rest whatever it pleases.
 *
 * The model: a file's content is durable when the file was synced; a change of names in a folder, when the folder was. A
 * rename is one change. Of what was not synced, any part may be there, in any order.
 *
 * @module
 */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Hook, Step } from './tap.ts';

interface Inode {
  durable: Uint8Array;
  current: Uint8Array;
}

/** Names set to a file, or to nothing. */
type NameChange = readonly (readonly [path: string, inode: Inode | undefined])[];

/** Which of the changes that were not synced survive: asked for each. */
export type Survival = (kind: 'name' | 'content') => boolean;

/** A disk, as its calls tell of it. Folders are those of the beginning. */
export class PowerModel {
  readonly #root: string;
  readonly #durable = new Map<string, Inode>();
  readonly #current = new Map<string, Inode>();
  #pending: { folder: string; names: NameChange }[] = [];
  readonly #folders = new Set<string>();

  /** @param root - A folder whose content is durable now. */
  constructor(root: string) {
    this.#root = root;
    this.#load(root);
  }

  /** Steps seen by this hook are done, and noted. */
  get hook(): Hook {
    return async (step, run) => {
      const result = await run();
      this.#note(step);
      return result;
    };
  }

  /** Writes what is left after a power cut now to another folder. */
  writeTo(target: string, survives: Survival): void {
    const names = new Map(this.#durable);
    for (const { names: changes } of this.#pending) {
      if (!survives('name')) continue;
      for (const [path, inode] of changes) {
        if (inode === undefined) names.delete(path);
        else names.set(path, inode);
      }
    }
    for (const folder of this.#folders)
      mkdirSync(join(target, relative(this.#root, folder)), { recursive: true });
    for (const [path, { durable, current }] of names) {
      const bytes = durable !== current && survives('content') ? current : durable;
      writeFileSync(join(target, relative(this.#root, path)), bytes);
    }
  }

  #load(folder: string): void {
    this.#folders.add(folder);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) this.#load(path);
      else {
        const bytes = new Uint8Array(readFileSync(path));
        const inode = { durable: bytes, current: bytes };
        this.#durable.set(path, inode);
        this.#current.set(path, inode);
      }
    }
  }

  #note({ call, path, to = '', bytes = new Uint8Array(0) }: Step): void {
    const inode = this.#current.get(path);
    if (call === 'create') {
      const empty = new Uint8Array(0);
      this.#change(path, [[path, { durable: empty, current: empty }]]);
    } else if (call === 'write' && inode !== undefined) {
      inode.current = Uint8Array.from(bytes);
    } else if (call === 'sync' && this.#folders.has(path)) {
      this.#syncFolder(path);
    } else if (call === 'sync' && inode !== undefined) {
      inode.durable = inode.current;
    } else if (call === 'link' && inode !== undefined) {
      this.#change(to, [[to, inode]]);
    } else if (call === 'rename' && inode !== undefined) {
      this.#change(to, [
        [path, undefined],
        [to, inode],
      ]);
    } else if (call === 'unlink') {
      this.#change(path, [[path, undefined]]);
    }
  }

  #change(path: string, names: NameChange): void {
    for (const [name, inode] of names) {
      if (inode === undefined) this.#current.delete(name);
      else this.#current.set(name, inode);
    }
    this.#pending.push({ folder: dirname(path), names });
  }

  #syncFolder(folder: string): void {
    for (const { names } of this.#pending.filter((change) => change.folder === folder)) {
      for (const [path, inode] of names) {
        if (inode === undefined) this.#durable.delete(path);
        else this.#durable.set(path, inode);
      }
    }
    this.#pending = this.#pending.filter((change) => change.folder !== folder);
  }
}
