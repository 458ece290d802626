import { dataFeature } from '../features/data/register.ts';
import { evaluateFeature } from '../features/evaluate/register.ts';
import { modelFeature } from '../features/model/register.ts';
import { runsFeature } from '../features/runs/register.ts';
import { trainingFeature } from '../features/training/register.ts';
import type { Feature } from '../slots/feature.ts';
import type { Stores } from '../state/stores.ts';
import { windowFeature } from './window-feature.ts';

/** All features of the window. Their order is that of commands in the palette. */
export const features: readonly ((stores: Stores) => Feature)[] = [
  trainingFeature,
  windowFeature,
  modelFeature,
  dataFeature,
  runsFeature,
  evaluateFeature,
];
