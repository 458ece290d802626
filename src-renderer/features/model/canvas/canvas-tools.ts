import type { Feature } from '../../../slots/feature.ts';
import type { LayoutStore } from '../../../state/layout-store.svelte.ts';

export function canvasTools(layout: LayoutStore): NonNullable<Feature['canvasTools']> {
  return [
    [{ command: 'model.new', icon: 'templates', text: 'Templates' }],
    [
      { command: 'edit.undo', icon: 'undo' },
      { command: 'edit.redo', icon: 'redo' },
    ],
    [
      { command: 'model.layout', icon: 'layout' },
      { command: 'model.layoutRight', icon: 'layoutRight' },
      { command: 'note.add', icon: 'note' },
      { command: 'model.snap', icon: 'grid', label: 'Snap to the grid', pressed: () => layout.canvas.snap },
      { command: 'model.minimap', icon: 'map', label: 'Minimap', pressed: () => layout.canvas.minimap },
    ],
    [
      { command: 'model.find', icon: 'search' },
      { command: 'model.zoomOut', icon: 'minus' },
      { command: 'model.zoomIn', icon: 'plus' },
      { command: 'model.fit', icon: 'fit' },
    ],
  ];
}
