import type { ModelNode } from '../../document/schema/model-document.ts';
import type { Fix, GraphProblem } from '../../document/schema/problem.ts';
import { title } from './graph.ts';

/** A parameter with names of columns of the data set: an Input's `columns`, an Output's `targets`. */
export type ColumnsParameter = 'columns' | 'targets';

const words: Readonly<Record<ColumnsParameter, { one: string; many: string }>> = {
  columns: { one: 'feature', many: 'features' },
  targets: { one: 'target', many: 'targets' },
};

/** Limit of fixes that name a single column each. */
const MOST_FIXES = 5;

/** The names; empty if the parameter is empty or invalid (the parameter check reports that). */
export function namesOf(node: ModelNode, parameter: ColumnsParameter): readonly string[] {
  const value = Object.hasOwn(node.params, parameter) ? node.params[parameter] : [];
  if (!Array.isArray(value) || new Set(value).size < value.length) return [];
  const names = value.filter((name): name is string => typeof name === 'string' && name !== '');
  return names.length === value.length ? names : [];
}

/** @returns Null if all names are in `known`. */
export function nameProblem(
  node: ModelNode,
  parameter: ColumnsParameter,
  names: readonly string[],
  known: readonly string[],
): GraphProblem | null {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return null;
  const { one, many } = words[parameter];
  const received = unknown.map((name) => `'${name}'`).join(', ');
  const single = unknown.length === 1;
  const is = single ? `is not a ${one}` : `are not ${many}`;
  return {
    code: `graph/unknown-${one}`,
    severity: 'error',
    nodeId: node.id,
    param: parameter,
    message: `${title(node)} expected ${many} of the data set (${listed(known)}); received ${received}, which ${is}. Choose other columns, or set ${single ? 'its role' : 'their roles'} to ${one} on the Data page.`,
    fixes: nameFixes(node, parameter, names, known),
  };
}

function nameFixes(
  node: ModelNode,
  parameter: ColumnsParameter,
  names: readonly string[],
  known: readonly string[],
): Fix[] {
  const left = names.filter((name) => known.includes(name));
  if (left.length > 0) return [setNames(node, parameter, left, `Leave ${listed(left)}`)];
  if (parameter === 'columns') {
    return [{ label: 'Take all features', action: 'reset-param', params: { nodeId: node.id, name: parameter } }];
  }
  return known.slice(0, MOST_FIXES).map((name) => setNames(node, parameter, [name]));
}

export function setNames(
  node: ModelNode,
  parameter: ColumnsParameter,
  names: readonly string[],
  label = `Predict ${listed(names)}`,
): Fix {
  return { label, action: 'set-param', params: { nodeId: node.id, name: parameter, value: [...names] } };
}

/** "'a', 'b', …". */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 6).map((name) => `'${name}'`);
  return names.length > shown.length ? `${shown.join(', ')}, …` : shown.join(', ');
}
