import type { Emit } from './emit.ts';
import { ProjectService } from './project/project-service.ts';

/** One open project: its documents, its runs and the trainer processes that work on them. */
export class ProjectSession {
  readonly project: ProjectService;

  private constructor(project: ProjectService) {
    this.project = project;
  }

  /** @throws AppError 'project/…' or 'files/…' where the folder cannot be opened. */
  static async open(folder: string, options: { create: boolean; watch: boolean }, emit: Emit): Promise<ProjectSession> {
    const project = await ProjectService.open(folder, options, (change) => emit('project.changed', change));
    return new ProjectSession(project);
  }

  get folder(): string {
    return this.project.folder;
  }

  async close(): Promise<void> {
    await this.project.close();
  }
}
