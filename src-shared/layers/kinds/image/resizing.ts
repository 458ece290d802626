import { imageLayer } from './image-layer.ts';
import { numberOf } from '../../parameters/number.ts';
import { fillValueParameter, interpolationParameter, sizeOf, sizeParameters } from './image-parameters.ts';
import { croppedAndResized, resized } from './resize.ts';
import type { Interpolation } from './resize.ts';

export const resizing = imageLayer({
  kind: 'Resizing',
  otherNames: ['resize', 'scale', 'interpolate', 'thumbnail'],
  description: 'Brings images to another height and width.',
  formula: '[batch, h, w, c] → [batch, height, width, c]',
  parameters: [
    ...sizeParameters,
    interpolationParameter('How a new pixel is computed from the old ones around it. Nearest copies the closest one.', [
      { value: 'bicubic', label: 'Bicubic' },
      { value: 'lanczos3', label: 'Lanczos, 3 pixels' },
      { value: 'lanczos5', label: 'Lanczos, 5 pixels' },
    ]),
    {
      name: 'cropToAspectRatio',
      label: 'Crop to proportions',
      help: 'Crops the image to the proportions of height and width before resizing, so that nothing is distorted.',
      default: false,
      type: { kind: 'boolean' },
    },
    {
      name: 'padToAspectRatio',
      label: 'Pad to proportions',
      help: 'Adds a border that gives the image the proportions of height and width before resizing.',
      default: false,
      type: { kind: 'boolean' },
    },
    fillValueParameter('Border value', 'Value of the pixels of the border.'),
    {
      name: 'antialias',
      label: 'Antialias',
      help: 'When images become smaller, each new pixel averages all old ones that it covers. Nearest ignores it.',
      default: false,
      type: { kind: 'boolean' },
      advanced: true,
    },
  ],
  summarize: (params) => sizeOf(params).join(' × '),
  checkParameters: ({ cropToAspectRatio, padToAspectRatio }) =>
    cropToAspectRatio === true && padToAspectRatio === true
      ? {
          param: 'padToAspectRatio',
          message: 'either crops or pads to proportions; received both. Turn one of them off.',
        }
      : null,
  emit: ({ builder: b, params, inputs, inputShapes }) => {
    const x = inputs[0]!;
    const size = sizeOf(params);
    const interpolation = params['interpolation'] as Interpolation;
    const antialias = params['antialias'] === true;
    if (params['cropToAspectRatio'] === true) return croppedAndResized(b, x, size, interpolation, antialias);
    if (params['padToAspectRatio'] !== true) return resized(b, x, size, interpolation, antialias);
    const [, rows, columns] = inputShapes[0]!;
    const [height, width] = size;
    // As in Keras, the border has the same size on both sides: an odd missing pixel is not added.
    const border = (has: number, wanted: number): number => Math.trunc((Math.max(has, Math.trunc(wanted)) - has) / 2);
    const margins = [0, border(rows!, (columns! * height) / width), border(columns!, (rows! * width) / height), 0];
    const padded = b.pad(x, margins, margins, numberOf(params['fillValue']));
    return resized(b, padded, size, interpolation, antialias);
  },
});
