import type { JsonValue, ModelNode } from '../../document/schema/model-document.ts';
import type { Fix } from '../../document/schema/problem.ts';
import { nameInWords } from '../../layers/parameters/named.ts';
import type { AdvisedModel } from './advised-model.ts';

type Value = Extract<Fix, { action: 'set-params' }>['params']['changes'][number];

/** A fix that sets the initializer, and optionally the activation, of layers with kernels. */
export function retune(
  model: AdvisedModel,
  nodes: readonly ModelNode[],
  { activation, initializer }: { activation?: string; initializer: string },
): Fix {
  const changes = nodes.flatMap((node): Value[] => {
    const starts = model.initializers(node).map((name) => valueOf(node, name, initializer));
    const applied = model.activationNode(node);
    if (activation === undefined || applied === null || !Object.hasOwn(model.params(applied), 'activation'))
      return starts;
    return [...starts, valueOf(applied, 'activation', activation)];
  });
  const what = [activation, nameInWords(initializer)].filter((part) => part !== undefined).join(' and ');
  const where = nodes.length === 1 ? `'${nodes[0]!.name}'` : `${nodes.length} layers`;
  return { label: `Set ${what} in ${where}`, action: 'set-params', params: { changes } };
}

function valueOf(node: ModelNode, name: string, value: JsonValue): Value {
  return { nodeId: node.id, name, value };
}
