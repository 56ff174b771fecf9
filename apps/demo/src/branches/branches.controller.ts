import { Body, Controller, Get, Injectable, Post } from '@nestjs/common';
import { InjectPool } from '@nest-pooling/nestjs';
import { SqlPool } from '@nest-pooling/sql';
import { z } from 'zod';

const note = z.strictObject({ text: z.string().trim().min(1).max(200) });

/** Something that the people of a branch tell each other. */
export interface Note {
  readonly id: number;
  readonly text: string;
}

/** Notes of the branch that the request came for, as if there were only that one. */
@Injectable()
export class NotesService {
  constructor(@InjectPool('branches') private readonly pool: SqlPool) {}

  async list(): Promise<readonly Note[]> {
    const { rows } = await this.pool.query<Note>('SELECT id, text FROM notes ORDER BY id');
    return rows;
  }

  async add(text: string): Promise<Note> {
    const { rows } = await this.pool.query<Note>('INSERT INTO notes (text) VALUES ($1) RETURNING id, text', [
      text,
    ]);
    return rows[0]!;
  }
}

/** Which branch is meant says the header `X-Branch`. */
@Controller('branch/notes')
export class BranchesController {
  constructor(private readonly notes: NotesService) {}

  @Get()
  list(): Promise<readonly Note[]> {
    return this.notes.list();
  }

  @Post()
  add(@Body({ schema: note }) { text }: { text: string }): Promise<Note> {
    return this.notes.add(text);
  }
}
