import { lightColours } from '../../../../src-shared/canvas/picture/colours.ts';
import { modelPicture } from '../../../../src-shared/canvas/picture/model-picture.ts';
import type { Stores } from '../../../state/stores.ts';
import { fileNameOf, saveFile } from '../../../ui/save-file.ts';
import type { Command } from '../../../commands/command.ts';

/** Pixels of a saved picture for each one of the canvas. */
const SCALE = 2;
/** Browsers draw no larger canvas. */
const MAX_SIDE = 16_000;

/** Saving the graph as a picture. */
export function pictureCommands({ model, analysis, toasts }: Pick<Stores, 'model' | 'analysis' | 'toasts'>): Command[] {
  const blocked = () => (model.whole.nodes.length === 0 ? 'There are no layers to draw.' : null);
  const picture = () => modelPicture(model.whole, analysis.current, { colours: lightColours });
  return [
    {
      id: 'model.saveSvg',
      title: 'Save a picture of the graph as SVG',
      words: 'export image plot drawing download',
      group: 'Model',
      blocked,
      run: () => saveFile(fileNameOf(model.whole.name, '.svg'), picture(), 'image/svg+xml'),
    },
    {
      id: 'model.savePng',
      title: 'Save a picture of the graph as PNG',
      words: 'export image plot drawing download',
      group: 'Model',
      blocked,
      run: () => {
        pngOf(picture()).then(
          (png) => saveFile(fileNameOf(model.whole.name, '.png'), png),
          (thrown: unknown) => toasts.fail(thrown),
        );
      },
    },
  ];
}

/** Draws an SVG at twice its size, or as large as fits. */
async function pngOf(svg: string): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(SCALE, MAX_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.ceil(image.width * scale);
    canvas.height = Math.ceil(image.height * scale);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const png = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (png === null) throw new Error('The picture is too large to draw; save it as SVG.');
    return png;
  } finally {
    URL.revokeObjectURL(url);
  }
}
