/**
 * Version of the computation: what operations, layers, losses, optimizers, random numbers, data preparation and both
 * engines' lowerings compute. A run repeats with the same bits on the same engine within one version; files open
 * across all. CONTRIBUTING.md says when to raise it.
 */
export const NUMERICS_VERSION = 1;
