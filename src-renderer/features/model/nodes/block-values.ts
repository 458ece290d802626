import { parameterValues } from '../../../../src-shared/document/schema/blocks.ts';
import { ownerOf } from '../../../../src-shared/document/schema/shared-layers.ts';
import type { JsonValue, ModelDocument } from '../../../../src-shared/document/schema/model-document.ts';
import type { TrailStep } from '../../../state/block-trail.ts';

/** Values that the open block's parameters have in the use through which it was opened; else its defaults. */
export function openValues(
  document: ModelDocument,
  trail: readonly TrailStep[],
): (parameter: string) => JsonValue | undefined {
  let values: (parameter: string) => JsonValue | undefined = () => undefined;
  let { nodes } = document;
  for (const { nodeId, blockId } of trail) {
    const block = document.blocks.find(({ id }) => id === blockId);
    if (block === undefined) return () => undefined;
    const use = nodes.find(({ id }) => id === nodeId);
    const known =
      use === undefined
        ? new Map(block.parameters.map(({ name, default: fallback }) => [name, fallback]))
        : parameterValues(block, ownerOf(nodes, use), values);
    values = (parameter) => known.get(parameter);
    nodes = block.nodes;
  }
  return values;
}
