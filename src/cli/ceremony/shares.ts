/**
 * Shares and the keys that open them: key files, or keys of keystores.
 *
 * @module
 */
import { combineShares, type PresentedShare, verifyTranscript } from '@mwrasp/crypto/ceremony';
import { CliError, EXIT } from '../exit.ts';
import { readSmall } from '../files.ts';
import { readRecipient } from '../keys.ts';
import { ask, isInteractive } from '../prompt.ts';
import { openStore } from '../store/open.ts';
import { locate } from '../store/place.ts';
import { readSelector } from '../store/selector.ts';
import { readKnown, readShareOption } from './custodians.ts';

/** Options that name shares. */
export interface ShareOptions {
  readonly transcript?: string;
  readonly share?: readonly string[];
  readonly custodian?: readonly string[];
}

/** What begins the name of a key in a keystore: `store:URL#NAME`. */
const STORE_PREFIX = 'store:';

/** A share that is ready to be opened, and what has to be closed afterwards. */
interface ReadyShare extends PresentedShare {
  close(): Promise<void>;
}

/** Asks a question that has to be answered. */
export async function askFor(question: string): Promise<string> {
  const answer = (await ask(question)).trim();
  if (answer === '') throw new CliError(EXIT.usage, 'nothing was typed');
  return answer;
}

async function fromStore(text: string): Promise<Omit<ReadyShare, 'share'>> {
  const at = text.lastIndexOf('#');
  if (at < 0) throw new CliError(EXIT.usage, `expected store:URL#NAME, got "${text.slice(0, 64)}"`);
  const store = text.slice(0, at);
  const keystore = await openStore(locate(store), { store }, false);
  try {
    const recipient = await keystore.recipient(readSelector(text.slice(at + 1)));
    return { recipient, close: () => keystore.close() };
  } catch (error) {
    await keystore.close();
    throw error;
  }
}

async function readyShare(file: string, key: string): Promise<ReadyShare> {
  const share = await readSmall(file);
  if (key.startsWith(STORE_PREFIX)) return { share, ...(await fromStore(key.slice(STORE_PREFIX.length))) };
  const recipient = await readRecipient(key);
  return { share, recipient, close: async () => recipient.dispose() };
}

/** Asks for as many shares as are needed. */
async function* askShares(needed: number): AsyncGenerator<[share: string, key: string]> {
  for (let i = 1; i <= needed; i++) {
    const share = await askFor(`Share ${i} of ${needed}, file: `);
    yield [share, await askFor("  its custodian's ML-KEM-1024 private key (file, or store:URL#NAME): ")];
  }
}

async function* namedShares(texts: readonly string[]): AsyncGenerator<[share: string, key: string]> {
  for (const text of texts) yield readShareOption(text);
}

/** Does work with the root key that shares give. */
export async function withCombined<T>(
  options: ShareOptions,
  work: (rootKey: Uint8Array) => Promise<T>,
): Promise<T> {
  if (options.transcript === undefined) {
    throw new CliError(EXIT.usage, 'which ceremony? give --transcript FILE');
  }
  if (options.share === undefined && !isInteractive()) {
    throw new CliError(EXIT.usage, 'whose shares? give --share SHARE=KEY for each');
  }
  const transcript = await readSmall(options.transcript);
  const custodians = await readKnown(options.custodian);
  const { threshold } = verifyTranscript(transcript);
  const sources = options.share === undefined ? askShares(threshold) : namedShares(options.share);
  const ready: ReadyShare[] = [];
  try {
    for await (const [share, key] of sources) ready.push(await readyShare(share, key));
    using rootKey = await combineShares({
      transcript,
      shares: ready.map(({ share, recipient }) => ({ share, recipient })),
      ...(custodians === undefined ? {} : { custodians }),
    });
    return await work(rootKey.expose());
  } finally {
    for (const { close } of ready) await close();
  }
}
