import { z } from 'zod';

/** How picture files become images of one size. Pictures are decoded at full size, then resized bilinearly with antialiasing. */
export const pictureSettingsSchema = z.object({
  /** Pixels. */
  height: z.number().int().min(1).max(4096),
  width: z.number().int().min(1).max(4096),
  /** 'stretch': changes the aspect ratio; 'crop': covers the size and cuts off the edges; 'pad': fits in and adds black. */
  fit: z.enum(['stretch', 'crop', 'pad']),
  colour: z.enum(['rgb', 'grey']),
});

/** Shape of the images that the settings give: [height, width, channels]. */
export function imageShapeOf({
  height,
  width,
  colour,
}: z.infer<typeof pictureSettingsSchema>): [number, number, number] {
  return [height, width, colour === 'grey' ? 1 : 3];
}

export const columnSchema = z.object({
  /**
   * Header of the CSV column; 'image' and 'label' for IDX; 'picture' and 'class' for folders of pictures; those of
   * `generatedColumns` for generated data. Pairs have 'first', 'second', 'same' and the class of the first picture.
   */
  name: z.string(),
  /** Several columns may be targets. 'weight': sample weight in the loss; at most one column. */
  role: z.enum(['feature', 'target', 'weight', 'ignored']),
  type: z.enum(['numeric', 'categorical', 'image']),
  /** Replacement of missing values, fitted on training rows. 'category': an additional category (categorical only). */
  missing: z.enum(['drop-row', 'mean', 'median', 'most-frequent', 'category', 'zero']),
  /** For numeric and image columns; 'unit' divides bytes by 255. */
  scaling: z.enum(['none', 'standard', 'min-max', 'unit']),
  /** For image columns whose cells name picture files. */
  picture: pictureSettingsSchema.optional(),
  /** Shown after the column's values: 'USD'. */
  unit: z.string().optional(),
});

export type Column = z.infer<typeof columnSchema>;
