/**
 * A token in use: its login and a bounded pool of sessions, each for one operation at a time, and their recovery after the
 * token, or somebody else, dropped them.
 *
 * @module
 */
import { wipe } from '../../bytes.ts';
import { KeyStoreError } from '../../errors.ts';
import { CKF, CKR, UNAVAILABLE_INFORMATION } from './constants.ts';
import type { Cryptoki } from './cryptoki.ts';
import { isLost, isResult, resultOf, tokenError } from './errors.ts';
import { GcmMechanism } from './gcm-mechanism.ts';
import type { TokenInfo } from './info.ts';
import { TokenLock } from './lock.ts';
import { Login } from './login.ts';
import { acquireModule, type TokenModule } from './module.ts';
import { type PinSource, readPin } from './pin.ts';
import { mark } from './problems.ts';
import type { DeviceQuirks } from './quirks.ts';
import { type FoundToken, findToken } from './slots.ts';
import { startUp } from './startup.ts';
import type { TokenOptions, TokenSelector } from './token-options.ts';
import type { Handle } from './values.ts';

/** Operations at once. A call takes a thread of Node's pool, which has 4 unless UV_THREADPOOL_SIZE says otherwise. */
export const DEFAULT_SESSIONS = 8;

/** More sessions than any token is asked for. */
export const MAX_SESSIONS = 256;

/** One session, in the hands of one operation. */
export class Session {
  readonly cryptoki: Cryptoki;
  readonly handle: Handle;
  /** Handles of objects are good within one connection. */
  readonly objects: Map<string, Handle>;
  #gcm: GcmMechanism | undefined;

  /** @param objects - Of its connection. */
  constructor(cryptoki: Cryptoki, handle: Handle, objects: Map<string, Handle>) {
    this.cryptoki = cryptoki;
    this.handle = handle;
    this.objects = objects;
  }

  /** Its memory for AES-GCM. */
  get gcm(): GcmMechanism {
    this.#gcm ??= new GcmMechanism(this.cryptoki.native);
    return this.#gcm;
  }
}

/** What lasts until sessions and login are lost. */
class Connection {
  /** The module's epoch in which it was made. */
  readonly moduleEpoch: number;
  readonly slot: Handle;
  /** Stays open, and keeps the login: tokens log out whoever has no session left. */
  readonly anchor: Handle;
  readonly idle: Session[] = [];
  readonly objects = new Map<string, Handle>();

  constructor(moduleEpoch: number, slot: Handle, anchor: Handle) {
    this.moduleEpoch = moduleEpoch;
    this.slot = slot;
    this.anchor = anchor;
  }
}

/** A token in use. */
export class Token {
  readonly module: TokenModule;
  readonly info: TokenInfo;
  readonly #key: string;
  readonly #selector: TokenSelector;
  readonly #login: Login | undefined;
  readonly #lock: TokenLock;
  /** Sessions that may be open beside the anchor. */
  #limit: number;
  #open = 0;
  readonly #waiting: (() => void)[] = [];
  /** Errors of logging in: whatever they are, the PIN is not tried again. */
  readonly #refusals = new WeakSet<object>();
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #users = 1;
  #closed = false;

  /** @param parts - What {@link openToken} made. */
  constructor(parts: {
    module: TokenModule;
    info: TokenInfo;
    key: string;
    login: Login | undefined;
    selector: TokenSelector;
    sessions: number;
  }) {
    this.module = parts.module;
    this.info = parts.info;
    this.#key = parts.key;
    this.#lock = new TokenLock(parts.key);
    this.#login = parts.login;
    this.#selector = parts.selector;
    const { maxSessions } = parts.info;
    const isBounded = maxSessions > 0 && maxSessions !== UNAVAILABLE_INFORMATION;
    this.#limit = isBounded ? Math.max(1, Math.min(parts.sessions, maxSessions - 1)) : parts.sessions;
  }

  get quirks(): DeviceQuirks {
    return this.module.quirks;
  }

  /** Whether the same token is given to somebody who has this PIN. */
  accepts(pin: Uint8Array | undefined): boolean {
    return this.#login === undefined ? pin === undefined : this.#login.accepts(pin);
  }

  /** One more user. */
  join(): this {
    this.#users++;
    return this;
  }

  /**
   * Runs an operation in a session of its own. When sessions, login or handles turn out to be lost, they are made anew and the
   * operation runs once more; a token that was away and came back needs its module initialised anew before that.
   *
   * @param work - Safe to repeat; must not keep the session.
   * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN`.
   */
  async run<T>(work: (session: Session) => Promise<T> | T): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      let connection: Connection | undefined;
      try {
        connection = this.#connected() ?? (await this.#connect());
        const session = connection.idle.pop() ?? (await this.#lease(connection));
        return await this.#use(connection, session, work);
      } catch (error) {
        const mayRecover = attempt < 2 && !this.#closed && this.#isLost(error, connection);
        if (!mayRecover || !(await this.#recover(connection, attempt))) throw error;
      }
    }
  }

  /** As {@link run}, for what makes or destroys objects: alone among all processes that use the token. */
  change<T>(work: (session: Session) => Promise<T> | T): Promise<T> {
    return this.#lock.run(() => this.run(work));
  }

  /** Connects, to see that the PIN is right. */
  async connect(): Promise<void> {
    await this.run(() => {});
  }

  /** One user less; after the last one sessions are closed, which logs out, and the PIN is wiped. */
  async close(): Promise<void> {
    this.#users--;
    if (this.#users > 0) return;
    this.#closed = true;
    tokens.delete(this.#key);
    try {
      // Whoever has a session gives it back first.
      while (this.#open - (this.#connection?.idle.length ?? 0) > 0) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      await this.#connecting?.catch(() => {});
      await this.module.run(() => this.#disconnect());
    } finally {
      this.#login?.dispose();
      await this.module.release();
    }
  }

  /** Whether what an operation, or connecting for it, failed with is gone after a recovery. */
  #isLost(error: unknown, connection: Connection | undefined): boolean {
    const result = resultOf(error);
    if (result === undefined) return false;
    if (isLost(error) || this.quirks.lostResults.includes(result)) return true;
    // A token that is away says all kinds of things to whoever connects. A refused PIN is another matter.
    return connection === undefined && !this.#refusals.has(error as object);
  }

  /** @returns Whether another try may help. */
  async #recover(connection: Connection | undefined, attempt: number): Promise<boolean> {
    if (connection !== undefined && attempt === 0) {
      if (this.#connection === connection) await this.module.run(() => this.#disconnect());
      return true;
    }
    return this.module.reinitialise(connection?.moduleEpoch ?? this.module.epoch);
  }

  /** The connection, where there is one. */
  #connected(): Connection | undefined {
    if (this.#closed) throw new KeyStoreError('ERR_KEYSTORE_STATE', 'the token was closed');
    return this.#connection?.moduleEpoch === this.module.epoch ? this.#connection : undefined;
  }

  #connect(): Promise<Connection> {
    this.#connecting ??= this.module
      .run(async () => {
        this.#disconnect();
        this.#connection = await this.#makeConnection();
        return this.#connection;
      })
      .finally(() => {
        this.#connecting = undefined;
      });
    return this.#connecting;
  }

  #makeConnection(): Promise<Connection> {
    return startUp(this.module.path, () => this.#logIn());
  }

  async #logIn(): Promise<Connection> {
    const { cryptoki, epoch } = this.module;
    const { slot } = await findToken(cryptoki, this.#selector);
    const anchor = cryptoki.openSession(slot);
    try {
      await this.#login?.enter(cryptoki, anchor);
    } catch (error) {
      this.#refusals.add(error as object);
      closeQuietly(cryptoki, anchor);
      throw error;
    }
    return new Connection(epoch, slot, anchor);
  }

  /** Lets go of idle sessions and of the anchor. Sessions in use end when they are given back. */
  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    this.#open -= connection.idle.length;
    // After the module was initialised anew the numbers may be those of other sessions.
    if (connection.moduleEpoch !== this.module.epoch) return;
    for (const { handle } of connection.idle.splice(0)) closeQuietly(this.module.cryptoki, handle);
    closeQuietly(this.module.cryptoki, connection.anchor);
  }

  /** Runs an operation in a session that was leased for it, and gives that back. */
  async #use<T>(
    connection: Connection,
    session: Session,
    work: (session: Session) => Promise<T> | T,
  ): Promise<T> {
    let isGood = false;
    try {
      while (!this.module.begin()) await this.module.settled();
      try {
        this.#checkEpoch(connection);
        try {
          const result = await work(session);
          isGood = true;
          return result;
        } catch (error) {
          // Whatever was begun in it ends with it.
          closeQuietly(session.cryptoki, session.handle);
          throw error;
        }
      } finally {
        this.module.end();
      }
    } finally {
      this.#giveBack(connection, session, isGood);
    }
  }

  #checkEpoch({ moduleEpoch }: Connection): void {
    if (moduleEpoch !== this.module.epoch) throw tokenError('session', CKR.SESSION_HANDLE_INVALID);
  }

  /** An idle session or a new one; waits while there are as many as there may be. */
  async #lease(connection: Connection): Promise<Session> {
    for (;;) {
      if (this.#closed) throw new KeyStoreError('ERR_KEYSTORE_STATE', 'the token was closed');
      const idle = connection.idle.pop();
      if (idle !== undefined) return idle;
      if (this.#open < this.#limit) {
        this.#open++;
        try {
          return await this.module.run(() => {
            this.#checkEpoch(connection);
            const { cryptoki } = this.module;
            return new Session(cryptoki, cryptoki.openSession(connection.slot), connection.objects);
          });
        } catch (error) {
          this.#open--;
          this.#wake();
          // The token has fewer than it said: those that are there have to do.
          if (!isResult(error, CKR.SESSION_COUNT) || this.#open === 0) throw error;
          this.#limit = this.#open;
        }
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #giveBack(connection: Connection, session: Session, isGood: boolean): void {
    if (isGood && this.#connection === connection) connection.idle.push(session);
    else {
      this.#open--;
      // It was made for a connection that is no longer there, and nobody else knows it.
      if (isGood && connection.moduleEpoch === this.module.epoch) {
        closeQuietly(session.cryptoki, session.handle);
      }
    }
    this.#wake();
  }

  #wake(): void {
    // All when it ends: each of them looks for itself.
    if (this.#closed) for (const resolve of this.#waiting.splice(0)) resolve();
    else this.#waiting.shift()?.();
  }
}

function closeQuietly(cryptoki: Cryptoki, session: Handle): void {
  try {
    cryptoki.closeSession(session);
  } catch {
    // It is gone already, which is what was wanted.
  }
}

/** Tokens in use, by what tells them apart: a login is one for the whole process. */
const tokens = new Map<string, Promise<Token>>();

function keyOf(module: TokenModule, { info }: FoundToken): string {
  return JSON.stringify([
    module.path,
    module.parameters,
    info.manufacturer,
    info.model,
    info.serial,
    info.label,
  ]);
}

/** @returns The PIN, where the token is to be given one. */
async function pinFor(found: FoundToken, source: PinSource | undefined): Promise<Uint8Array | undefined> {
  const { label, serial, flags } = found.info;
  const needsLogin = (flags & CKF.LOGIN_REQUIRED) !== 0;
  if ((flags & CKF.USER_PIN_LOCKED) !== 0) throw tokenError('C_GetTokenInfo', CKR.PIN_LOCKED);
  if (needsLogin && (flags & CKF.USER_PIN_INITIALIZED) === 0) {
    throw tokenError('C_GetTokenInfo', CKR.USER_PIN_NOT_INITIALIZED);
  }
  if (source !== undefined) return readPin(source, { token: label, serial });
  if (!needsLogin || (flags & CKF.PROTECTED_AUTHENTICATION_PATH) !== 0) return undefined;
  const message = `token "${label}" wants a PIN: give options.pin, or a pin-source in the URI`;
  throw mark(new KeyStoreError('ERR_KEYSTORE_TOKEN', message), 'pin-missing');
}

/**
 * Opens a token and logs in. Stores of the same token share sessions and login.
 *
 * @throws {@link KeyStoreError} `ERR_KEYSTORE_TOKEN`, `ERR_KEYSTORE_STATE`.
 * @throws {@link UnsupportedError} `ERR_UNSUPPORTED_PEER`, `ERR_UNSUPPORTED_RUNTIME`.
 */
export async function openToken(options: TokenOptions): Promise<Token> {
  const module = await acquireModule(options.module, options.libraryParameters);
  let pin: Uint8Array | undefined;
  try {
    const found = await module.run(() => startUp(module.path, () => findToken(module.cryptoki, options)));
    pin = await pinFor(found, options.pin);
    const key = keyOf(module, found);
    for (let pending = tokens.get(key); pending !== undefined; pending = tokens.get(key)) {
      const known = await pending.catch(() => undefined);
      // It may have been closed, or its PIN refused, meanwhile.
      if (known === undefined || tokens.get(key) !== pending) continue;
      if (!known.accepts(pin)) throw tokenError('C_Login', CKR.PIN_INCORRECT);
      known.join();
      wipe(pin);
      await module.release();
      return known;
    }
    const needsLogin = (found.info.flags & CKF.LOGIN_REQUIRED) !== 0;
    const login = needsLogin || pin !== undefined ? new Login(key, pin) : undefined;
    const opening = connectNew(module, found.info, key, login, options.sessions ?? DEFAULT_SESSIONS);
    tokens.set(key, opening);
    opening.catch(() => {
      if (tokens.get(key) === opening) tokens.delete(key);
    });
    return await opening;
  } catch (error) {
    wipe(pin);
    await module.release();
    throw error;
  }
}

async function connectNew(
  module: TokenModule,
  info: TokenInfo,
  key: string,
  login: Login | undefined,
  sessions: number,
): Promise<Token> {
  // By serial number from here on: the token may come back in another slot.
  const selector = { token: info.label, serial: info.serial, model: info.model };
  const token = new Token({ module, info, key, login, selector, sessions });
  await token.connect();
  return token;
}
