import { imkitCodesPage } from '../server/src/api/imkit/codes-manual.ts'
import { timCodesPage } from '../server/src/api/tim/codes-manual.ts'
import { errorsPage } from '../server/src/domain/errors-manual.ts'
import { exitCodesPage } from '../server/src/lib/exit-codes-manual.ts'
import { settingsPage } from '../server/src/settings-manual.ts'

/** The pages of the manual that are written from tables in the code. */
export const pages: Readonly<Record<string, () => string>> = {
  'docs/operating/settings.md': settingsPage,
  'docs/operating/exit-codes.md': exitCodesPage,
  'docs/errors/errors.md': errorsPage,
  'docs/errors/tim.md': timCodesPage,
  'docs/errors/imkit.md': imkitCodesPage,
}
