import type { MenuEntry, MenuSection } from '../../../../slots/feature.ts';
import type { MenuSubject } from '../../../../state/editor-store.svelte.ts';

const entry = (command: string, label?: string): MenuEntry => (label === undefined ? { command } : { command, label });

const clipboard = [
  entry('edit.duplicate', 'Duplicate'),
  entry('layer.reuse', 'Use again with the same weights'),
  entry('edit.cut', 'Cut'),
  entry('edit.copy', 'Copy'),
  entry('edit.delete', 'Delete'),
];
const freezing = [
  entry('edit.freeze'),
  entry('edit.freezeUpTo'),
  entry('edit.freezeBetween'),
  entry('edit.unfreezeFrom'),
  entry('edit.inferenceMode'),
  entry('layer.shareWeights', 'Share weights'),
  entry('layer.separateWeights'),
  entry('model.newHead', 'New head from here'),
  entry('model.reuseSweep', 'How many layers to reuse?…'),
  entry('model.pretrain', 'Pretrain without labels…'),
];

/** Commands that cannot run are left out of a menu. */
export const canvasMenus: Readonly<Record<MenuSubject, readonly MenuSection[]>> = {
  layers: [
    [
      entry('block.open', 'Open block'),
      entry('layer.rename', 'Rename…'),
      entry('model.insert', 'Insert a layer after…'),
    ],
    [...clipboard, entry('edit.deleteAndJoin', 'Delete and join')],
    freezing,
    [
      entry('model.connect', 'Connect from top to bottom'),
      entry('block.make', 'Make block'),
      entry('block.dissolve'),
      entry('group.make', 'Group'),
      entry('group.leave', 'Remove from the group'),
    ],
    [entry('arrange.centre'), entry('arrange.middle')],
  ],
  group: [
    [entry('group.rename', 'Rename…'), entry('group.fold'), entry('group.dissolve')],
    clipboard,
    freezing,
    [entry('block.make', 'Make block')],
  ],
  note: [[entry('note.write', 'Write')], clipboard, [entry('group.make', 'Group')]],
  connection: [[entry('model.insert', 'Insert a layer here…')], [entry('edit.delete', 'Remove')]],
  canvas: [
    [entry('model.insert', 'Insert a layer here…'), entry('note.add', 'Add a note'), entry('edit.paste', 'Paste')],
    [entry('edit.undo'), entry('edit.redo')],
    [entry('edit.freezeAllBut'), entry('edit.unfreezeAll'), entry('model.reuseSweep', 'How many layers to reuse?…')],
    [entry('edit.selectAll'), entry('model.layout'), entry('model.layoutRight'), entry('model.fit')],
    [entry('block.leave', 'Leave block')],
  ],
};
