import { z } from 'zod';

/** Numbers of a configuration that reach the engine, which holds them as float32. */

/** The smallest normal and the largest finite float32. Source: IEEE 754 binary32. */
const SMALLEST = 1.1754943508222875e-38;
export const LARGEST = 3.4028234663852886e38;

/** Above 0, there too. */
export const positiveFloat32 = () =>
  z
    .number()
    .positive()
    .refine((value) => value <= 0 || (value >= SMALLEST && value <= LARGEST), {
      message: 'expected a number that 32-bit floats hold, from 1.2e-38 to 3.4e38',
    });

/** 0 or more; what is too small for float32 counts as 0. */
export const nonNegativeFloat32 = () =>
  z
    .number()
    .nonnegative()
    .refine((value) => value <= LARGEST, { message: 'expected a number that 32-bit floats hold, at most 3.4e38' });

/** From 0 to below 1, where float32 does not round it to 1. */
export const fractionBelowOne = () =>
  z
    .number()
    .min(0)
    .lt(1)
    .refine((value) => value >= 1 || Math.fround(value) < 1, {
      message: 'expected a number that stays below 1 as a 32-bit float',
    });
