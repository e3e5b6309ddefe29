/**
 * Counts the blocks of code that run: the sources of `src/` get a counter in every function, branch, loop, case, handler,
 * arm of a condition and right side of `&&`, `||`, `??`, as they are loaded. V8's own coverage takes milliseconds to read.
 *
 * Left as they are: the engines and the arithmetic of erasure codes, which are not parsers and loop much.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { ALLOCATE_NAME, HITS_NAME, MAX_BLOCKS } from './counters.ts';

const SOURCES = pathToFileURL(join(import.meta.dirname, '../../src') + sep).href;
const UNCOUNTED = /^(engines|fragment\/erasure)\//;
const LOCAL_HITS = '__hits';

let blocks = 0;

/** Blocks that were given a counter so far. */
export function blockCount(): number {
  return blocks;
}

const { factory } = ts;

/** `__hits[n]++` */
function count(): ts.Expression {
  if (blocks >= MAX_BLOCKS) throw new RangeError(`more than ${MAX_BLOCKS} blocks: raise MAX_BLOCKS`);
  const element = factory.createElementAccessExpression(factory.createIdentifier(LOCAL_HITS), blocks++);
  return factory.createPostfixIncrement(element);
}

function countStatement(): ts.Statement {
  return factory.createExpressionStatement(count());
}

/** `(__hits[n]++, expression)` */
function counted(expression: ts.Expression): ts.Expression {
  return factory.createParenthesizedExpression(factory.createComma(count(), expression));
}

function countedBlock(statement: ts.Statement): ts.Block {
  const statements = ts.isBlock(statement) ? statement.statements : [statement];
  return factory.createBlock([countStatement(), ...statements], true);
}

const LAZY: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
]);

/** A node with its counters, its children having theirs. */
function withCounters(node: ts.Node): ts.Node {
  if (ts.isIfStatement(node)) {
    const otherwise = node.elseStatement && countedBlock(node.elseStatement);
    return factory.updateIfStatement(node, node.expression, countedBlock(node.thenStatement), otherwise);
  }
  if (ts.isForStatement(node)) {
    const { initializer, condition, incrementor } = node;
    return factory.updateForStatement(
      node,
      initializer,
      condition,
      incrementor,
      countedBlock(node.statement),
    );
  }
  if (ts.isForOfStatement(node)) {
    const { awaitModifier, initializer, expression } = node;
    return factory.updateForOfStatement(
      node,
      awaitModifier,
      initializer,
      expression,
      countedBlock(node.statement),
    );
  }
  if (ts.isWhileStatement(node)) {
    return factory.updateWhileStatement(node, node.expression, countedBlock(node.statement));
  }
  if (ts.isCaseClause(node)) {
    return factory.updateCaseClause(node, node.expression, [countStatement(), ...node.statements]);
  }
  if (ts.isDefaultClause(node)) {
    return factory.updateDefaultClause(node, [countStatement(), ...node.statements]);
  }
  if (ts.isCatchClause(node)) {
    return factory.updateCatchClause(node, node.variableDeclaration, countedBlock(node.block));
  }
  if (ts.isConditionalExpression(node)) {
    const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
    return factory.updateConditionalExpression(
      node,
      condition,
      questionToken,
      counted(whenTrue),
      colonToken,
      counted(whenFalse),
    );
  }
  if (ts.isBinaryExpression(node) && LAZY.has(node.operatorToken.kind)) {
    return factory.updateBinaryExpression(node, node.left, node.operatorToken, counted(node.right));
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Uint8Array') {
    const [first, ...rest] = node.arguments ?? [];
    if (first === undefined || rest.length > 0) return node;
    const measured = factory.createCallExpression(factory.createIdentifier(ALLOCATE_NAME), undefined, [
      first,
    ]);
    return factory.updateNewExpression(node, node.expression, undefined, [measured]);
  }
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
    const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken } = node;
    return factory.updateArrowFunction(
      node,
      modifiers,
      typeParameters,
      parameters,
      type,
      equalsGreaterThanToken,
      counted(node.body),
    );
  }
  // The body of a function; other blocks belong to a statement that has its counter already.
  if (ts.isBlock(node) && ts.isFunctionLike(node.parent)) return countedBlock(node);
  return node;
}

const transformer: ts.TransformerFactory<ts.SourceFile> = (context) => (file) => {
  const visit: ts.Visitor = (node) => {
    const parent = node.parent;
    const inner = ts.visitEachChild(node, visit, context);
    if (inner !== node && ts.isBlock(node)) {
      return ts.isFunctionLike(parent) ? countedBlock(inner as ts.Block) : inner;
    }
    return withCounters(inner);
  };
  return ts.visitEachChild(file, visit, context);
};

/** A source with its counters, as JavaScript. */
export function instrument(source: string, fileName: string): string {
  const { outputText } = ts.transpileModule(source, {
    fileName,
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
    transformers: { before: [transformer] },
  });
  return `const ${LOCAL_HITS} = globalThis.${HITS_NAME};\n${outputText}`;
}

/** From now on, sources of `src/` are loaded with counters. */
export function instrumentSources(): void {
  registerHooks({
    load(url, context, next) {
      const isSource = url.startsWith(SOURCES) && url.endsWith('.ts');
      if (!isSource || UNCOUNTED.test(url.slice(SOURCES.length))) return next(url, context);
      const path = fileURLToPath(url);
      const source = instrument(readFileSync(path, 'utf8'), path);
      return { format: 'module', source, shortCircuit: true };
    },
  });
}
