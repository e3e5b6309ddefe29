/**
 * What modules and tokens tell of themselves.
 *
 * @module
 */

/** Of a module. Texts are trimmed. */
export interface ModuleInfo {
  readonly description: string;
  readonly manufacturer: string;
  readonly version: string;
  readonly cryptokiVersion: string;
}

/** Of a token. Texts are trimmed. */
export interface TokenInfo {
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly flags: number;
  readonly maxSessions: number;
  readonly firmwareVersion: string;
  readonly hardwareVersion: string;
}
