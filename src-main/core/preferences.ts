import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { preferencesSchema } from '../../src-shared/contract/contract.ts';
import type { Preferences } from '../../src-shared/contract/contract.ts';
import { makePrivateFolder } from '../system/private-files.ts';
import { atomicWrite, writeError } from '../system/atomic-write.ts';

const defaults: Preferences = { theme: 'system', runsAtOnce: 1, layout: {} };

/** What a person chose for every project: kept with the user, not with a project. */
export class PreferencesStore {
  readonly #path: string;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(folder: string = userConfigFolder()) {
    this.#path = join(folder, 'preferences.json');
  }

  /** A missing or damaged file means the defaults: preferences are never worth an error. */
  async get(): Promise<Preferences> {
    try {
      const parsed = preferencesSchema.partial().safeParse(JSON.parse(await readFile(this.#path, 'utf8')));
      return merged(defaults, parsed.data ?? {});
    } catch {
      return defaults;
    }
  }

  async runsAtOnce(): Promise<number> {
    return (await this.get()).runsAtOnce;
  }

  /** Layout entries not named are kept. @throws AppError 'files/…' where they cannot be written. */
  set(change: PartialPreferences): Promise<Preferences> {
    const result = this.#queue.then(async () => {
      const preferences = merged(await this.get(), change);
      try {
        await makePrivateFolder(dirname(this.#path));
      } catch (error) {
        throw writeError(error, this.#path);
      }
      await atomicWrite(this.#path, `${JSON.stringify(preferences, null, 2)}\n`);
      return preferences;
    });
    this.#queue = result.catch(() => {});
    return result;
  }
}

type PartialPreferences = { [Name in keyof Preferences]?: Preferences[Name] | undefined };

function merged(base: Preferences, change: PartialPreferences): Preferences {
  return {
    theme: change.theme ?? base.theme,
    runsAtOnce: change.runsAtOnce ?? base.runsAtOnce,
    layout: { ...base.layout, ...change.layout },
  };
}

/** `LAMINA_CONFIG_FOLDER`, else where the system keeps a program's settings. */
export function userConfigFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { LAMINA_CONFIG_FOLDER, XDG_CONFIG_HOME, APPDATA } = environment;
  if (LAMINA_CONFIG_FOLDER) return LAMINA_CONFIG_FOLDER;
  if (process.platform === 'win32') return join(APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'Lamina');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Lamina');
  return join(XDG_CONFIG_HOME || join(homedir(), '.config'), 'lamina');
}
