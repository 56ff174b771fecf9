import { BadRequestException } from '@nestjs/common';

/** What only the database knows to be wrong with the input; in the form of what the schemas find. */
export function inputError(field: string, problem: string): BadRequestException {
  return new BadRequestException([`${field}: ${problem}`]);
}
