import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';

/**
 * Python as statements and expressions, as far as code that defines a model with literal arguments needs them. What is
 * not among them is 'unreadable', with the reason. Nothing is evaluated here.
 */
export type Expression = { readonly line: number } & (
  | { readonly kind: 'constant'; readonly value: null | boolean | number | string }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'member'; readonly object: Expression; readonly name: string }
  | { readonly kind: 'index'; readonly object: Expression; readonly index: Expression }
  | { readonly kind: 'call'; readonly callee: Expression; readonly arguments: CallArguments }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'dictionary'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'operation'; readonly operator: string; readonly operands: readonly Expression[] }
  | { readonly kind: 'unreadable'; readonly why: string }
);

export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly keywords: readonly (readonly [name: string, value: Expression])[];
}

export type Statement = { readonly line: number } & (
  | { readonly kind: 'import'; readonly names: readonly (readonly [local: string, path: string])[] }
  | { readonly kind: 'assignment'; readonly targets: readonly Expression[]; readonly value: Expression }
  | { readonly kind: 'expression'; readonly value: Expression }
  /** A function or class. */
  | { readonly kind: 'definition'; readonly name: string }
  | { readonly kind: 'unreadable'; readonly why: string }
);

export function readPython(text: string): Statement[] {
  return new SyntaxReader(text).statements(parser.parse(text).topNode);
}

/** Expressions nested deeper are not read. */
const MAX_DEPTH = 100;

/** Nodes that define nothing. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['Comment', 'PassStatement', ';']);

const STATEMENTS: Readonly<Record<string, string>> = {
  ForStatement: 'a loop',
  WhileStatement: 'a loop',
  IfStatement: 'a condition',
  WithStatement: "a 'with'",
  TryStatement: "a 'try'",
  MatchStatement: "a 'match'",
  UpdateStatement: 'an assignment with an operator',
  DeleteStatement: "a 'del'",
};

const EXPRESSIONS: Readonly<Record<string, string>> = {
  FormatString: 'an f-string',
  LambdaExpression: 'a lambda',
  ConditionalExpression: 'a condition',
  ArrayComprehensionExpression: 'a loop in a list',
  DictionaryComprehensionExpression: 'a loop in a dictionary',
  ComprehensionExpression: 'a loop in parentheses',
  NamedExpression: "an assignment ':='",
};

class SyntaxReader {
  readonly #text: string;
  /** Positions of the line ends, ascending. */
  readonly #lineEnds: readonly number[];
  /** Of nested expressions. */
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#lineEnds = [...text.matchAll(/\n/g)].map(({ index }) => index);
  }

  statements(parent: SyntaxNode): Statement[] {
    return childrenOf(parent).flatMap((node): Statement[] => {
      if (WITHOUT_EFFECT.has(node.name)) return [];
      if (node.name === 'StatementGroup') return this.statements(node);
      return [this.#statement(node)];
    });
  }

  #statement(node: SyntaxNode): Statement {
    const line = this.#lineOf(node);
    const fault = this.#fault(node);
    if (fault !== null) return { ...fault, kind: 'unreadable' };
    const children = childrenOf(node);
    switch (node.name) {
      case 'ImportStatement':
        return this.#import(children, line);
      case 'ExpressionStatement':
        return { kind: 'expression', line, value: this.#expressions(children, line) };
      case 'AssignStatement':
        return this.#assignment(children, line);
      case 'FunctionDefinition':
      case 'ClassDefinition':
      case 'DecoratedStatement':
        return { kind: 'definition', line, name: this.#textOf(findName(node)) };
      default:
        return { kind: 'unreadable', line, why: `${STATEMENTS[node.name] ?? 'this statement'} is not read` };
    }
  }

  /** The first place where the text is not Python. */
  #fault(statement: SyntaxNode): { line: number; why: string } | null {
    const pending = [statement];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (node.type.isError) {
        // Where something is missing, the place is only where the parser noticed it.
        const line = this.#lineOf(node.from === node.to ? statement : node);
        return { line, why: 'the text is not complete, or not Python' };
      }
      if (!endsWithPoint(node)) pending.push(...childrenOf(node).reverse());
    }
    return null;
  }

  #import(children: readonly SyntaxNode[], line: number): Statement {
    const words = children.filter(({ name }) => !['(', ')'].includes(name)).map((node) => this.#textOf(node));
    const isFrom = words[0] === 'from';
    const base = isFrom ? words.slice(1, words.indexOf('import')).join('') : '';
    const rest = words.slice(isFrom ? words.indexOf('import') + 1 : 1);
    const parts = rest.join(' ').split(' , ');
    const names = parts.flatMap((part): (readonly [string, string])[] => {
      const [path = '', alias] = part.replaceAll(' . ', '.').split(' as ');
      if (path === '' || path === '*') return [];
      if (isFrom) return [[alias ?? path, `${base}.${path}`]];
      // `import a.b` defines a; `import a.b as c` defines c.
      const [first = path] = path.split('.');
      return [alias === undefined ? [first, first] : [alias, path]];
    });
    if (rest.includes('*')) return { kind: 'unreadable', line, why: "'import *' does not say which names it defines" };
    return { kind: 'import', line, names };
  }

  /** a = b = value; a, b = value. */
  #assignment(children: readonly SyntaxNode[], line: number): Statement {
    const sides: SyntaxNode[][] = [[]];
    for (const node of children) {
      if (node.name === 'AssignOp') sides.push([]);
      else if (node.name !== 'TypeDef') sides.at(-1)!.push(node);
    }
    const all = sides.map((nodes) => this.#expressions(nodes, line));
    return { kind: 'assignment', line, targets: all.slice(0, -1), value: all.at(-1)! };
  }

  /** One expression, or a tuple without parentheses. */
  #expressions(nodes: readonly SyntaxNode[], line: number): Expression {
    const items = nodes.filter(({ name }) => name !== ',');
    if (items.length === 1 && nodes.length === 1) return this.#expression(items[0]!);
    return { kind: 'list', line, items: items.map((node) => this.#expression(node)) };
  }

  #expression(node: SyntaxNode): Expression {
    if (this.#depth === MAX_DEPTH) {
      return {
        kind: 'unreadable',
        line: this.#lineOf(node),
        why: `expressions nested deeper than ${MAX_DEPTH} are not read`,
      };
    }
    this.#depth += 1;
    try {
      return this.#expressionHere(node);
    } finally {
      this.#depth -= 1;
    }
  }

  #expressionHere(node: SyntaxNode): Expression {
    const line = this.#lineOf(node);
    const children = childrenOf(node);
    const text = this.#textOf(node);
    switch (node.name) {
      case 'Number':
        return this.#number(text, line);
      case 'String':
        return this.#string(text, line);
      case 'ContinuedString': {
        const parts = children.map((each) => this.#expression(each));
        const values = parts.map((part) => (part.kind === 'constant' ? String(part.value) : ''));
        return parts.find(({ kind }) => kind !== 'constant') ?? { kind: 'constant', line, value: values.join('') };
      }
      case 'Boolean':
        return { kind: 'constant', line, value: text === 'True' };
      case 'None':
        return { kind: 'constant', line, value: null };
      case 'VariableName':
        return { kind: 'name', line, name: text };
      case 'ParenthesizedExpression':
        return this.#expression(children[1]!);
      case 'TupleExpression':
      case 'ArrayExpression':
        return { kind: 'list', line, items: this.#items(children.slice(1, -1)) };
      case 'DictionaryExpression':
        return this.#dictionary(children.slice(1, -1), line);
      case 'MemberExpression':
        return this.#member(children, line);
      case 'CallExpression': {
        const given = this.#arguments(childrenOf(children[1]!).slice(1, -1));
        const callee = this.#expression(children[0]!);
        return given === null
          ? { kind: 'unreadable', line, why: "arguments with '*' are not read" }
          : { kind: 'call', line, callee, arguments: given };
      }
      case 'UnaryExpression':
      case 'BinaryExpression': {
        const operands = children.filter(({ name }) => name !== 'ArithOp' && !isOperator(name));
        const operators = children.filter((each) => !operands.includes(each)).map((each) => this.#textOf(each));
        const all = operands.map((each) => this.#expression(each));
        return { kind: 'operation', line, operator: operators.join(' '), operands: all };
      }
      default:
        return { kind: 'unreadable', line, why: `${EXPRESSIONS[node.name] ?? `'${text}'`} is not read` };
    }
  }

  #items(nodes: readonly SyntaxNode[]): Expression[] {
    return nodes.filter(({ name }) => name !== ',').map((node) => this.#expression(node));
  }

  #dictionary(nodes: readonly SyntaxNode[], line: number): Expression {
    const parts = nodes.filter(({ name }) => name !== ',' && name !== ':').map((node) => this.#expression(node));
    if (parts.length % 2 === 1 || nodes.some(({ name }) => name === '**')) {
      return { kind: 'unreadable', line, why: "a dictionary with '**' is not read" };
    }
    const entries = parts.flatMap((key, index) => (index % 2 === 0 ? [[key, parts[index + 1]!] as const] : []));
    return { kind: 'dictionary', line, entries };
  }

  #member(children: readonly SyntaxNode[], line: number): Expression {
    if (endsWithPoint(children[0]!.parent!)) return this.#number(this.#textOf(children[0]!), line);
    const object = this.#expression(children[0]!);
    const property = children.find(({ name }) => name === 'PropertyName');
    if (property !== undefined) return { kind: 'member', line, object, name: this.#textOf(property) };
    const inside = children.slice(2, -1);
    if (inside.length !== 1) return { kind: 'unreadable', line, why: 'a slice is not read' };
    return { kind: 'index', line, object, index: this.#expression(inside[0]!) };
  }

  /** Null: arguments with '*'. */
  #arguments(nodes: readonly SyntaxNode[]): CallArguments | null {
    const positional: Expression[] = [];
    const keywords: (readonly [string, Expression])[] = [];
    for (let index = 0; index < nodes.length; index++) {
      const node = nodes[index]!;
      if (node.name === '*' || node.name === '**') return null;
      if (node.name === ',' || node.name === 'Comment') continue;
      if (nodes[index + 1]?.name === 'AssignOp') {
        keywords.push([this.#textOf(node), this.#expression(nodes[index + 2]!)]);
        index += 2;
      } else positional.push(this.#expression(node));
    }
    return { positional, keywords };
  }

  #number(text: string, line: number): Expression {
    const value = Number(text.replaceAll('_', ''));
    return Number.isNaN(value)
      ? { kind: 'unreadable', line, why: `the number '${text}' is not read` }
      : { kind: 'constant', line, value };
  }

  #string(text: string, line: number): Expression {
    const [, prefix = '', quotes = ''] = /^([a-zA-Z]*)("""|'''|"|')/.exec(text) ?? [];
    if (/[bf]/i.test(prefix)) return { kind: 'unreadable', line, why: 'this kind of string is not read' };
    const inside = text.slice(prefix.length + quotes.length, -quotes.length);
    return { kind: 'constant', line, value: /r/i.test(prefix) ? inside : unescaped(inside) };
  }

  #textOf({ from, to }: Pick<SyntaxNode, 'from' | 'to'>): string {
    return this.#text.slice(from, to);
  }

  #lineOf({ from }: SyntaxNode): number {
    return this.#lineAt(from);
  }

  #lineAt(position: number): number {
    const after = this.#lineEnds.findIndex((end) => end >= position);
    return (after < 0 ? this.#lineEnds.length : after) + 1;
  }
}

/** Whether it is a number such as '1.', which the grammar takes for the member of a number. */
function endsWithPoint(node: SyntaxNode): boolean {
  if (node.name !== 'MemberExpression' || node.firstChild?.name !== 'Number') return false;
  return node.lastChild?.type.isError === true || node.lastChild?.name === '.';
}

/** Without comments, which may be anywhere. */
function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment') children.push(child);
  }
  return children;
}

const isOperator = (name: string): boolean => /^(not|and|or|in|is|CompareOp|BitOp|ArithOp)$/.test(name);

/** The node with the name of a definition. */
function findName(node: SyntaxNode): SyntaxNode {
  const inner = node.getChild('FunctionDefinition') ?? node.getChild('ClassDefinition') ?? node;
  return inner.getChild('VariableName') ?? inner;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\s\S]))/g, (_, long, short, letter: string) => {
    const code = (long ?? short) as string | undefined;
    if (code !== undefined) return String.fromCharCode(parseInt(code, 16));
    return ESCAPES[letter] ?? (/["'\\]/.test(letter) ? letter : `\\${letter}`);
  });
}
