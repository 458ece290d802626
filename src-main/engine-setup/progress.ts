/** @param fraction Of this step, 0 to 1; null where it cannot be told. */
export type OnProgress = (step: string, fraction: number | null) => void;
