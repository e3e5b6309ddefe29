/**
 * What the docstrings say of the public surface: every function, constructor, method and accessor that an entry of
 * package.json shows, with the classes and codes after its `@throws`.
 *
 * @module
 */
import { join, sep } from 'node:path';
import ts from 'typescript';
import { publicEntries, root } from '../../../scripts/entries.mjs';

/** Codes by the class of their error. */
export type Codes = ReadonlyMap<string, ReadonlySet<string>>;

/** Something that can be called or read. */
export interface Documented {
  /** `aead.seal`, `new aead.AeadKey`, `aead.AeadKey.fromBytes`, `aead.AeadKey#dispose`. */
  readonly id: string;
  readonly kind: 'function' | 'constructor' | 'static' | 'method' | 'accessor';
  /** How many parameters it has. */
  readonly parameters: number;
  /** Whether it is not for callers: a private or protected constructor. */
  readonly isHidden: boolean;
  readonly codes: Codes;
  /** Each `@throws`, as it is written. */
  readonly throws: readonly string[];
}

/** Classes whose errors all have one code, which a docstring may leave out. */
const ONLY_CODE: Readonly<Record<string, string>> = {
  AuthenticationError: 'ERR_AUTHENTICATION',
  QuorumError: 'ERR_QUORUM',
  SelfTestError: 'ERR_SELF_TEST',
};

const sources = join(root, 'src') + sep;

/** The public entries, the root last: what it shows of another entry has that entry's name. */
const entries = [...publicEntries].sort((a, b) => Number(a.subpath === '.') - Number(b.subpath === '.'));

/** What the docstrings say. */
export interface Surface {
  readonly documented: ReadonlyMap<string, Documented>;
  /** What is exported for the other modules of the library only, and is not in the published types. */
  readonly internal: ReadonlySet<string>;
  /** Properties that are just there. */
  readonly properties: ReadonlySet<string>;
}

/** Reads the docstrings of every public entry. */
export function readSurface(): Surface {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    entries.map(({ source }) => join(root, source)),
    { ...options, types: [] },
  );
  return new Reader(program).read();
}

class Reader {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #seen = new Set<ts.Symbol>();
  readonly #found = new Map<string, Documented>();
  readonly #internal = new Set<string>();
  readonly #properties = new Set<string>();

  constructor(program: ts.Program) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
  }

  read(): Surface {
    for (const { source, report } of entries) {
      const file = this.#program.getSourceFile(join(root, source));
      const module = file && this.#checker.getSymbolAtLocation(file);
      if (module === undefined) throw new Error(`no module ${source}`);
      for (const symbol of this.#checker.getExportsOfModule(module)) this.#addExport(report, symbol);
    }
    return { documented: this.#found, internal: this.#internal, properties: this.#properties };
  }

  #addExport(entry: string, exported: ts.Symbol): void {
    const isAlias = (exported.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? this.#checker.getAliasedSymbol(exported) : exported;
    // A namespace of the root is an entry of its own.
    if (this.#seen.has(symbol) || (symbol.flags & ts.SymbolFlags.ValueModule) !== 0) return;
    this.#seen.add(symbol);
    const id = `${entry}.${exported.name}`;
    if (this.#noteInternal(id, symbol)) return;
    if ((symbol.flags & ts.SymbolFlags.Function) !== 0) this.#add(id, 'function', symbol);
    if ((symbol.flags & ts.SymbolFlags.Class) !== 0) this.#addClass(id, symbol);
    if ((symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) !== 0) {
      for (const member of this.#checker.getDeclaredTypeOfSymbol(symbol).getProperties()) {
        this.#addMember(`${id}#`, 'method', member);
      }
    }
  }

  #addClass(id: string, symbol: ts.Symbol): void {
    const type = this.#checker.getTypeOfSymbol(symbol);
    for (const signature of type.getConstructSignatures()) {
      // A class that declares none has nothing to say of it; the type is wrong there.
      const declaration = signature.getDeclaration() as ts.SignatureDeclaration | undefined;
      if (declaration === undefined) continue;
      this.#found.set(`new ${id}`, {
        id: `new ${id}`,
        kind: 'constructor',
        parameters: signature.parameters.length,
        isHidden: !isPublic(declaration),
        ...codesOf([declaration]),
      });
    }
    for (const member of type.getProperties()) this.#addMember(`${id}.`, 'static', member);
  }

  #addMember(prefix: string, kind: 'static' | 'method', member: ts.Symbol): void {
    const declaration = member.declarations?.[0];
    if (declaration === undefined || !declaration.getSourceFile().fileName.startsWith(sources)) return;
    const name = ts.getNameOfDeclaration(declaration);
    if (name !== undefined && ts.isPrivateIdentifier(name)) return;
    if (!isPublic(declaration)) {
      // There at run time, and nothing that the types let anybody call.
      this.#internal.add(prefix + member.name);
      return;
    }
    const wellKnown = /^__@(\w+)@/.exec(member.name)?.[1];
    const id = prefix + (wellKnown === undefined ? member.name : `[Symbol.${wellKnown}]`);
    if (this.#noteInternal(id, member)) return;
    if ((member.flags & ts.SymbolFlags.Method) !== 0) this.#add(id, kind, member);
    else if ((member.flags & ts.SymbolFlags.Accessor) !== 0) this.#add(id, 'accessor', member);
    else this.#properties.add(id);
  }

  #add(id: string, kind: Documented['kind'], symbol: ts.Symbol): void {
    const signatures = this.#checker.getTypeOfSymbol(symbol).getCallSignatures();
    const parameters =
      kind === 'accessor' ? 0 : Math.max(...signatures.map((signature) => signature.parameters.length));
    this.#found.set(id, { id, kind, parameters, isHidden: false, ...codesOf(symbol.declarations ?? []) });
  }

  #noteInternal(id: string, symbol: ts.Symbol): boolean {
    const isInternal = symbol.getJsDocTags(this.#checker).some(({ name }) => name === 'internal');
    if (isInternal) this.#internal.add(id);
    return isInternal;
  }
}

function isPublic(declaration: ts.Declaration): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
}

/** Every `` {@link InputError} `ERR_…`, `ERR_…` `` of the docstrings. The compiler itself takes the link for a type. */
function codesOf(declarations: readonly ts.Declaration[]): Pick<Documented, 'codes' | 'throws'> {
  const docstrings = declarations.flatMap((declaration) => ts.getJSDocCommentsAndTags(declaration));
  const throws = docstrings.flatMap((docstring) =>
    docstring
      .getText()
      .replace(/\*\/$/, '')
      .replaceAll(/^\s*\* ?/gm, '')
      .split(/^@/m)
      .filter((tag) => tag.startsWith('throws '))
      .map((tag) => tag.slice('throws '.length).replaceAll(/\s+/g, ' ').trim()),
  );
  const codes = new Map<string, Set<string>>();
  for (const text of throws) {
    const className = /^\{@link (\w+)\}/.exec(text)?.[1];
    if (className === undefined) continue;
    const named = [...text.matchAll(/`(ERR_[A-Z_]+)`/g)].map(([, code]) => code as string);
    const only = ONLY_CODE[className];
    const all = codes.get(className) ?? new Set();
    for (const code of only === undefined ? named : [only]) all.add(code);
    codes.set(className, all);
  }
  return { codes, throws };
}
