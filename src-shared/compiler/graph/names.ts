import type { ModelNode } from '../../document/schema/model-document.ts';
import type { GraphProblem } from '../../document/schema/problem.ts';

/** Names are Keras layer names and prefixes of weight names: not empty, unique, without slash. */
export function nameProblems(nodes: readonly ModelNode[]): GraphProblem[] {
  const taken = new Set(nodes.map((node) => node.name));
  const seen = new Set<string>();
  const problems: GraphProblem[] = [];
  for (const node of nodes) {
    const fault = nameFault(node, seen);
    seen.add(node.name);
    if (fault === null) continue;
    const name = freeName(node, taken);
    taken.add(name);
    problems.push({
      ...fault,
      severity: 'error',
      nodeId: node.id,
      fixes: [{ label: `Rename to '${name}'`, action: 'rename', params: { nodeId: node.id, name } }],
    });
  }
  return problems;
}

function nameFault(node: ModelNode, seen: ReadonlySet<string>): { code: string; message: string } | null {
  if (node.name.trim() === '') {
    return {
      code: 'graph/empty-name',
      message: `Expected a name for this ${node.kind}; received an empty one. Give it a name.`,
    };
  }
  if (seen.has(node.name)) {
    const message = `Expected unique layer names; received '${node.name}' again. Rename this ${node.kind}.`;
    return { code: 'graph/duplicate-name', message };
  }
  if (node.name.includes('/')) {
    const message = `Expected a name without '/'; received '${node.name}'. Rename this ${node.kind}.`;
    return { code: 'graph/bad-name', message };
  }
  return null;
}

/** The first of base, base_1, base_2, … that is not in use. */
function freeName(node: ModelNode, taken: ReadonlySet<string>): string {
  const base = node.name.trim().replaceAll('/', '_') || node.kind.toLowerCase();
  if (!taken.has(base)) return base;
  for (let number = 1; ; number++) {
    const name = `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}
