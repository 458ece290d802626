import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import ts from 'typescript';
import { layers } from '../../src-shared/layers/catalog/catalog.ts';
import { root, sourceFiles } from './source-files.ts';

/**
 * Everything specific to a kind of layer is in its module. Other code may name a kind to create a layer, but must not
 * depend on the kind of a given layer: by comparisons, cases, sets and tables of kinds, or patterns.
 */
const kinds = new Set(layers.map(({ kind }) => kind));

/** Expressions of a file that depend on a layer's kind. */
function comparisons(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const script = file.endsWith('.svelte')
    ? [...text.matchAll(/<script[^>]*>(.*?)<\/script>/gs)].map((m) => m[1])
    : [text];
  const markup = file.endsWith('.svelte') ? text.replaceAll(/<(script|style)[^>]*>.*?<\/\1>/gs, '') : '';
  const found = script.flatMap((source) => inSource(source!));
  for (const [all, kind] of markup.matchAll(/[!=]==\s*'(\w+)'/g)) if (kinds.has(kind!)) found.push(all);
  return found;
}

function inSource(text: string): string[] {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const isKind = (node: ts.Node): boolean => ts.isStringLiteralLike(node) && kinds.has(node.text);
  const visit = (node: ts.Node): void => {
    const depends =
      (ts.isBinaryExpression(node) && EQUALITY.has(node.operatorToken.kind) && [node.left, node.right].some(isKind)) ||
      (ts.isCaseClause(node) && isKind(node.expression)) ||
      (ts.isArrayLiteralExpression(node) && node.elements.some(isKind) && isAsked(node)) ||
      (ts.isObjectLiteralExpression(node) && node.properties.filter(isKeyedByKind).length > 1) ||
      (ts.isRegularExpressionLiteral(node) && namesKinds(node.text));
    if (depends) found.push(node.getText(source).slice(0, 100));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const EQUALITY: ReadonlySet<ts.SyntaxKind> = new Set([
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken,
]);

/** `['Dense', …].includes(kind)`, `new Set(['Dense', …])`. */
function isAsked({ parent }: ts.ArrayLiteralExpression): boolean {
  if (ts.isNewExpression(parent)) return true;
  return ts.isPropertyAccessExpression(parent) && ['includes', 'some', 'indexOf'].includes(parent.name.text);
}

/** One such property, as in a label `Input: 'Features'`, is not a table. */
function isKeyedByKind(property: ts.ObjectLiteralElementLike): boolean {
  const { name } = property;
  return name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) && kinds.has(name.text);
}

/** Whether a pattern matches layer kinds: a part of four or more letters is a prefix or suffix of a kind. */
function namesKinds(pattern: string): boolean {
  const parts = pattern.match(/[A-Z][A-Za-z]{3,}/g) ?? [];
  return parts.some((part) => [...kinds].some((kind) => kind.startsWith(part) || kind.endsWith(part)));
}

describe('dependencies on layer kinds', () => {
  // A migration holds what an earlier version said of a kind; later layers do not change it. Operations of TensorFlow
  // and ONNX have names of layers, and the reader of ONNX files completes layers that it has made itself. Signatures are
  // those of Keras, whose classes Lamina need not have. A decoder has the counterpart of each kind of an encoder's layers.
  const apart = [
    'src-shared/layers/kinds/',
    'src-main/engines/',
    'src-main/interchange/graphdef/',
    'src-main/interchange/onnx/converters/',
    'src-shared/interchange/onnx/',
    'src-shared/interchange/keras/code-reader/signatures.ts',
    'src-shared/document/reading/port-migration.ts',
    'src-shared/starting-points/pretraining/',
  ];
  const files = sourceFiles.filter((file) => apart.every((path) => !file.startsWith(path)));
  const found = files.map((file) => [file, comparisons(file)] as const).filter(([, places]) => places.length > 0);

  it('only layer modules and engines depend on the kind of a layer', () => {
    expect(Object.fromEntries(found)).toEqual({});
  });

  it.each([
    "if (node.kind === 'Dense') {}",
    "switch (kind) { case 'LSTM': }",
    "const LAYOUT = new Set(['Reshape', 'Flatten']);",
    "['ReLU', 'ELU'].includes(kind)",
    "const names = { ReLU: 'relu', ELU: 'elu' };",
    '/^(Alpha|Spatial)?Dropout/.test(kind)',
  ])('finds %s', (text) => expect(inSource(text)).toHaveLength(1));

  it.each(["add({ kind: 'Dense', params: {} })", "const JOINING = ['Concatenate', 'Add'];", '/[A-Z]\\w+/'])(
    'allows %s',
    (text) => expect(inSource(text)).toEqual([]),
  );
});
