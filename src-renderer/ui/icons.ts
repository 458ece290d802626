/** Icons on a 16 px grid, drawn with 1.5 px strokes in the current colour. */
export const icons = {
  // what a person does
  play: 'M5 3.2v9.6l7.6-4.8z',
  pause: 'M4.5 3.5h2.2v9H4.5zM9.3 3.5h2.2v9H9.3z',
  stop: 'M4 4h8v8H4z',
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  search: 'M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9zM10.4 10.4L14 14',
  undo: 'M5.5 3L2.5 6l3 3M2.5 6h6.2a4 4 0 0 1 0 8H6',
  redo: 'M10.5 3l3 3l-3 3M13.5 6H7.3a4 4 0 0 0 0 8H10',
  trash: 'M2.5 4.5h11M6 4.5V3h4v1.5M4 4.5l.7 9h6.6l.7-9',
  copy: 'M6 5.5h7.5V13H6zM3 10.5V3h7.5',
  fit: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  layout: 'M6 2.5h4v3H6zM2.5 10.5h4v3h-4zM9.5 10.5h4v3h-4zM8 5.5V8M4.5 10.5V8h7v2.5',
  layoutRight: 'M2.5 6h3v4h-3zM10.5 2.5h3v4h-3zM10.5 9.5h3v4h-3zM5.5 8H8M10.5 4.5H8v7h2.5',
  map: 'M2.5 3h11v10h-11zM8.5 8h3v3h-3z',
  grid: 'M2.5 6h11M2.5 10h11M6 2.5v11M10 2.5v11',
  minus: 'M3 8h10',
  edit: 'M3 13l.6-2.8L10.7 3l2.3 2.3l-7.2 7.1z',
  folder: 'M2 4h4.2l1.4 1.7H14V13H2z',
  file: 'M4 2h5l3 3v9H4zM9 2v3h3',
  download: 'M8 2.5v7.5M4.8 7L8 10.2L11.2 7M3 13.5h10',
  refresh: 'M13 8a5 5 0 1 1-1.6-3.7M13.2 2v3h-3',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  note: 'M3 2.5h10v7L9.5 13.5H3zM13 9.5H9.5v4M5.5 5.5h5M5.5 8h3',
  group: 'M2.5 5V2.5H5M11 2.5h2.5V5M13.5 11v2.5H11M5 13.5H2.5V11M5 5.5h6v5H5z',
  fold: 'M4.5 3L8 6.2L11.5 3M4.5 13L8 9.8l3.5 3.2',
  unfold: 'M4.5 6.2L8 3l3.5 3.2M4.5 9.8L8 13l3.5-3.2M2.5 8h11',
  templates: 'M2.5 2.5H7v5H2.5zM9 2.5h4.5v3H9zM9 8h4.5v5.5H9zM2.5 10H7v3.5H2.5z',
  curve: 'M2.5 2.5v11h11M4.8 3.5c.8 5 3 7 8.2 7.2',
  // where to
  left: 'M10 3L5 8l5 5',
  right: 'M6 3l5 5l-5 5',
  up: 'M3 10l5-5l5 5',
  down: 'M3 6l5 5l5-5',
  panelLeft: 'M2.5 3h11v10h-11zM6 3v10',
  panelRight: 'M2.5 3h11v10h-11zM10 3v10',
  panelBottom: 'M2.5 3h11v10h-11zM2.5 9.5h11',
  command:
    'M5.5 5.5h5v5h-5zM5.5 5.5V4A1.7 1.7 0 1 0 4 5.5zM10.5 5.5V4A1.7 1.7 0 1 1 12 5.5zM5.5 10.5V12A1.7 1.7 0 1 1 4 10.5zM10.5 10.5V12A1.7 1.7 0 1 0 12 10.5z',
  sun: 'M8 5.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 0 1 0-5.6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.6A5.4 5.4 0 0 1 6.4 3A5.4 5.4 0 1 0 13 9.6z',
  system: 'M2 3h12v8H2zM6 13.5h4M8 11v2.5',
  // states
  warning: 'M8 2.5L14.5 13.5h-13zM8 6.5v3.2M8 11.6v.01',
  error: 'M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4',
  info: 'M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM8 7.5V11M8 5v.01',
  success: 'M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM5.3 8.3l1.9 1.9l3.6-4',
  flag: 'M4 14V2.5l8.5 3L4 8.5',
  clock: 'M8 2a6 6 0 1 1 0 12a6 6 0 0 1 0-12zM8 4.8V8l2.2 1.6',
  circle: 'M8 3.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 0 1 0-9z',
  link: 'M6.5 9.5l3-3M7.5 4.6l1-1a2.6 2.6 0 0 1 3.8 3.8l-1 1M8.5 11.4l-1 1a2.6 2.6 0 0 1-3.8-3.8l1-1',
  snowflake:
    'M8 1.8v12.4M2.6 4.9l10.8 6.2M13.4 4.9L2.6 11.1M6.3 2.8L8 4.4l1.7-1.6M6.3 13.2L8 11.6l1.7 1.6M2.3 7.3l2.2-.6l-.6-2.2M13.7 7.3l-2.2-.6l.6-2.2M2.3 8.7l2.2.6l-.6 2.2M13.7 8.7l-2.2.6l.6 2.2',
  predict: 'M1.8 8c3.5-5.3 8.9-5.3 12.4 0c-3.5 5.3-8.9 5.3-12.4 0zM8 6.2a1.8 1.8 0 1 1 0 3.6a1.8 1.8 0 0 1 0-3.6z',
  chip: 'M4.5 4.5h7v7h-7zM6.5 2.5v2M9.5 2.5v2M6.5 11.5v2M9.5 11.5v2M2.5 6.5h2M2.5 9.5h2M11.5 6.5h2M11.5 9.5h2',
  // families of layers
  input: 'M2 8h7M6.5 5L9.5 8l-3 3M11 3h2.5v10H11',
  core: 'M4 2.4a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2zM4 10.4a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2zM12 6.4a1.6 1.6 0 1 1 0 3.2a1.6 1.6 0 0 1 0-3.2zM5.5 4.8l5 2.5M5.5 11.2l5-2.5',
  image: 'M2.5 3h11v10h-11zM2.5 11l3.2-3.6l2.6 2.6l1.9-1.9l3.3 3.3M10.4 5a1.1 1.1 0 1 1 0 2.2a1.1 1.1 0 0 1 0-2.2z',
  convolution: 'M2.5 2.5h11v11h-11zM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11M9.8 2.5v11M6.2 6.2h3.6v3.6H6.2z',
  pooling: 'M2.5 2.5h11v11h-11zM8 2.5v11M2.5 8h11M9.5 9.5h2.5V12H9.5z',
  recurrent:
    'M2 8h3.5M10.5 8H14M5.5 5.5h5v5h-5zM10.5 5.5V3.5A1.5 1.5 0 0 0 9 2H7a1.5 1.5 0 0 0-1.5 1.5V4M4 2.8L5.5 4.3L7 2.8',
  attention:
    'M3 2.4a1.3 1.3 0 1 1 0 2.6a1.3 1.3 0 0 1 0-2.6zM8 2.4a1.3 1.3 0 1 1 0 2.6a1.3 1.3 0 0 1 0-2.6zM13 2.4a1.3 1.3 0 1 1 0 2.6a1.3 1.3 0 0 1 0-2.6zM8 11a1.3 1.3 0 1 1 0 2.6a1.3 1.3 0 0 1 0-2.6zM3.6 4.9L7.3 11M8 5v6M12.4 4.9L8.7 11',
  normalization: 'M1.5 12.5c3.5 0 3.8-9 6.5-9s3 9 6.5 9',
  regularization: 'M3 3h4v4H3zM9 9h4v4H9zM9.5 3.5l3 3M12.5 3.5l-3 3M3.5 9.5l3 3M6.5 9.5l-3 3',
  activation: 'M2 12h5l6-8.5',
  block: 'M2.5 4.5h8v8h-8zM5.5 4.5v-2h8v8h-3M5 7.5h3M5 9.5h3',
  operations: 'M2 3.5h6v3H2zM8 9.5h6v3H8zM5 6.5v4.5h3M8 5h3v4.5',
  merge: 'M4 2.5v2.7L8 9l4-3.8V2.5M8 9v4.5',
  output: 'M2.5 3H5v10H2.5M7 8h7M11 5l3 3l-3 3',
} as const;

export type IconName = keyof typeof icons;

/** Icons that are filled shapes. */
export const filledIcons: ReadonlySet<IconName> = new Set<IconName>(['play', 'pause', 'stop']);
