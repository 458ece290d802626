import type { ProjectSnapshot, RequestResult } from '../../src-shared/contract/contract.ts';
import { createDispatcher } from '../../src-shared/contract/dispatcher.ts';
import type { Emit, Handlers, RequestContext } from '../../src-shared/contract/dispatcher.ts';
import type { Transport } from '../../src-shared/contract/transport.ts';
import { cacheSize, clearCache } from '../data/cache/folder.ts';
import { DataProcesses } from './data-processes.ts';
import { EngineService } from './engine-service.ts';
import { exampleCopy } from './projects/default-project.ts';
import { listFolder, makeFolder } from './projects/file-listing.ts';
import { readOtherProject } from './projects/other-project.ts';
import { OpenProjects } from './projects/open-projects.ts';
import { PreferencesStore, userConfigFolder } from './preferences.ts';
import { ProjectPlaces } from './projects/project-places.ts';
import { createRunHandlers } from './run-handlers.ts';
import { TrainingQueue } from './training/training-queue.ts';
import { absolutePath } from '../system/home-path.ts';
import { laminaVersion } from '../programs.ts';

export interface CoreOptions {
  readonly projectFolder: string;
  /** Creates a project if the folder is not one. */
  readonly create?: boolean;
  readonly shell: RequestResult<'app.info'>['shell'];
  /** Folder of the preferences; absent: the user's configuration folder. */
  readonly configFolder?: string;
}

/** The services behind the contract, for any number of windows. Plain Node; knows no shell. */
export interface Core {
  /** Resolves once the project is open. @throws AppError if it cannot be opened; `project.open` may open another. */
  ready(): Promise<void>;
  /** Serves one window until its transport is lost. @returns A function that disconnects it. */
  connect(transport: Transport): () => void;
  /** Ends child processes and completes pending saves. */
  close(): Promise<void>;
}

export function createCore(options: CoreOptions): Core {
  const emit: Emit = (name, payload, except) => dispatcher.emit(name, payload, except);
  const configFolder = options.configFolder ?? userConfigFolder();
  const preferences = new PreferencesStore(configFolder);
  const queue = new TrainingQueue(configFolder, {
    limit: () => preferences.runsAtOnce(),
    onChange: (runs) => emit('queue.changed', { queue: [...runs] }),
  });
  const projects = new OpenProjects(options.projectFolder, options.create ?? false, queue, emit);
  const places = new ProjectPlaces(configFolder);
  const data = new DataProcesses();
  const engines = new EngineService(emit);

  const open = async (folder: string, create: boolean, { signal }: RequestContext): Promise<ProjectSnapshot> => {
    const { session, changed } = await projects.open(folder, create, signal);
    const snapshot = session.project.snapshot();
    // Also to the window that requested it: all windows load the project again.
    if (changed) emit('project.changed', { what: 'project', revision: snapshot.configurationRevision });
    if (changed) places.remember(session.folder);
    return snapshot;
  };
  projects.current().then(
    ({ folder }) => places.remember(folder),
    () => {},
  );

  const handlers: Handlers = {
    'app.info': () => ({ version: laminaVersion(), platform: process.platform, shell: options.shell }),
    'preferences.get': () => preferences.get(),
    'preferences.set': async (change) => {
      const changed = await preferences.set(change);
      if (change.runsAtOnce !== undefined) await queue.check();
      return changed;
    },

    'project.get': async () => (await projects.current()).project.freshSnapshot(),
    'project.open': ({ folder, create }, context) => open(folder, create, context),
    'project.places': async () => {
      await projects.current().catch(() => null);
      return places.list();
    },
    'project.openExample': async ({ folder }, context) => open(await exampleCopy(folder), false, context),
    'project.saveModel': async ({ document, baseRevision }, { connection }) => {
      const saved = await (await projects.current()).saveModel(document, baseRevision);
      const { revision } = saved;
      if (revision !== baseRevision) emit('project.changed', { what: 'model', revision }, connection);
      return saved;
    },
    'project.saveDataset': async ({ document, baseRevision }, { connection }) => {
      const { project } = await projects.current();
      const saved = await project.saveDataset(document, baseRevision);
      const { revision } = saved;
      if (revision !== baseRevision) emit('project.changed', { what: 'dataset', revision }, connection);
      return saved;
    },
    'project.saveConfiguration': async ({ configuration, baseRevision }, { connection }) => {
      const { project } = await projects.current();
      const saved = await project.saveConfiguration(configuration, baseRevision);
      const { revision } = saved;
      if (revision !== baseRevision) emit('project.changed', { what: 'configuration', revision }, connection);
      return saved;
    },
    'project.holdWeights': async ({ files }) => {
      await (await projects.current()).holdWeights(files);
      return {};
    },
    'project.importModel': async ({ path, part, optimizerState = false }, { signal, onProgress }) =>
      (await projects.current()).importModel(absolutePath(path, projects.folder), part, {
        signal,
        onProgress,
        optimizerState,
      }),
    'project.readOther': ({ folder }) => readOtherProject(absolutePath(folder, projects.folder)),
    'project.saveCopy': async ({ folder }, { signal }) => ({
      folder: await (await projects.current()).project.saveCopy(folder, signal),
    }),

    'files.list': ({ folder }, { signal }) => listFolder(folder, projects.folder, signal),
    'files.makeFolder': async ({ folder }) => ({ folder: await makeFolder(folder, projects.folder) }),
    'dataset.detect': (params, context) => data.call('detect', { ...params, projectFolder: projects.folder }, context),
    'dataset.profile': ({ document }, context) =>
      data.call('profile', { document, projectFolder: projects.folder }, context),
    'dataset.pictures': (params, context) =>
      data.call('pictures', { ...params, projectFolder: projects.folder }, context),
    'dataset.prepare': ({ document }, context) =>
      data.call('prepare', { document, projectFolder: projects.folder }, context),

    'cache.get': () => cacheSize(),
    'cache.clear': async () => {
      await clearCache();
      return cacheSize();
    },

    ...createRunHandlers(projects, queue, emit),
    'queue.list': async () => [...(await queue.list())],
    'queue.move': async ({ key, before }) => {
      await queue.move(key, before);
      return {};
    },
    'queue.remove': async ({ key }) => {
      await queue.remove(key);
      return {};
    },
    'engines.status': () => engines.status(),
    'engines.install': ({ name, archive }) => {
      // Events report how it ends.
      engines.install(name, archive).catch(() => {});
      return {};
    },
  };
  const dispatcher = createDispatcher(handlers);

  return {
    ready: async () => {
      await projects.current();
    },
    connect: (transport) => dispatcher.connect(transport),
    close: async () => {
      await Promise.all([projects.close(), places.close(), data.close(), engines.close()]);
      await queue.close();
    },
  };
}
