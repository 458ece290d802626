import { setCollapsed } from '../../../../../src-shared/document/geometry/group-edits.ts';
import type { Stores } from '../../../../state/stores.ts';
import type { SearchableLayer } from './find-layers.ts';

/** Selects a layer and centres it in the view. Opens the block or group that contains it. */
export function showLayer(
  { model, editor, project }: Pick<Stores, 'model' | 'editor' | 'project'>,
  { nodeId, blockId }: Pick<SearchableLayer, 'nodeId' | 'blockId'>,
): void {
  if (model.openBlock !== blockId) {
    model.seal();
    if (blockId === null) model.leaveTo(0);
    else model.openDefinition(blockId);
  }
  const group = model.document.nodes.find(({ id }) => id === nodeId)?.group;
  // A read-only project keeps the group collapsed: its card represents the layer.
  if (group !== undefined && project.readOnly === null) model.perform(setCollapsed(model.document, group, false));
  editor.select([nodeId]);
  editor.canvas?.centreOn(nodeId);
}
