import { setCollapsed } from '../../../../../src-shared/document/geometry/group-edits.ts';
import type { Studio } from '../../../../state/studio.svelte.ts';
import type { SearchableLayer } from './find-layers.ts';

/** Selects a layer and puts it in the middle of the view; opens the block and the group that it is in. */
export function showLayer(
  { model, editor, project }: Pick<Studio, 'model' | 'editor' | 'project'>,
  { nodeId, blockId }: Pick<SearchableLayer, 'nodeId' | 'blockId'>,
): void {
  if (model.openBlock !== blockId) {
    model.seal();
    if (blockId === null) model.leaveTo(0);
    else model.openDefinition(blockId);
  }
  const group = model.document.nodes.find(({ id }) => id === nodeId)?.group;
  // Where nothing may be changed the card of the group stands for the layer.
  if (group !== undefined && project.readOnly === null) model.perform(setCollapsed(model.document, group, false));
  editor.select([nodeId]);
  editor.canvas?.centreOn(nodeId);
}
