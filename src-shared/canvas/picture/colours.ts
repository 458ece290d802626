import type { LayerFamily } from '../../layers/definition/layer.ts';

/** Colours of a picture: values of the window's light or dark theme. A picture cannot use its custom properties. */
export interface PictureColours {
  readonly ground: string;
  readonly card: string;
  readonly line: string;
  readonly edge: string;
  readonly text: string;
  readonly muted: string;
  readonly ice: string;
  readonly iceCard: string;
  readonly note: string;
  readonly noteLine: string;
  readonly added: string;
  readonly removed: string;
  readonly changed: string;
  readonly families: Readonly<Record<LayerFamily, string>>;
}

export const lightColours: PictureColours = {
  ground: '#ffffff',
  card: '#ffffff',
  line: '#8b93a5',
  edge: '#8b93a5',
  text: '#1a2030',
  muted: '#525c70',
  ice: '#0b648c',
  iceCard: '#e4f4fc',
  note: '#fffae6',
  noteLine: '#cbb877',
  added: '#19703a',
  removed: '#b3261e',
  changed: '#875300',
  families: {
    input: '#626c80',
    core: '#2f62c4',
    image: '#66690f',
    convolution: '#b8501a',
    pooling: '#8a6a00',
    recurrent: '#0e7490',
    attention: '#b0305a',
    normalization: '#0b7a5e',
    regularization: '#a2417f',
    activation: '#6b52b8',
    merge: '#4c7a1c',
    output: '#1a2030',
    operations: '#566270',
    block: '#7a4a1f',
  },
};

export const darkColours: PictureColours = {
  ground: '#14161c',
  card: '#242833',
  line: '#687186',
  edge: '#687186',
  text: '#e7eaf1',
  muted: '#a9b1c1',
  ice: '#8ed8f8',
  iceCard: '#13303f',
  note: '#2f2b1d',
  noteLine: '#7a6d3c',
  added: '#6ad391',
  removed: '#ff9488',
  changed: '#f2bd54',
  families: {
    input: '#9aa3b5',
    core: '#7ea6f5',
    image: '#c9cc5a',
    convolution: '#f09a63',
    pooling: '#d9b740',
    recurrent: '#5cc8de',
    attention: '#f58aa8',
    normalization: '#48c7a1',
    regularization: '#e48dc4',
    activation: '#b19df2',
    merge: '#9fcb63',
    output: '#e7eaf1',
    operations: '#a7b6c6',
    block: '#d6a878',
  },
};
