/** What the function is called in the project's database. */
export const SQL_FUNCTION = 'patchbay_execute_sql'

/** Why execute_sql cannot be used before it is there. */
export const SQL_FUNCTION_NEED = 'needs one function in the database'

/**
 * What a project needs for `execute_sql`. It runs with the rights of whoever calls it, and nobody but the service role may.
 * A cursor cannot be opened for what returns no rows; that is refused before anything runs, so nothing runs twice.
 */
export const SQL_FUNCTION_SOURCE = `create or replace function public.${SQL_FUNCTION}(query text, max_rows integer default 500)
returns json
language plpgsql
security invoker
set search_path = public
as $$
declare
  found record;
  rows json[] := '{}';
  cut boolean := false;
  affected bigint;
begin
  begin
    for found in execute query loop
      if cardinality(rows) >= max_rows then
        cut := true;
        exit;
      end if;
      rows := array_append(rows, row_to_json(found));
    end loop;
    return json_build_object('rows', array_to_json(rows), 'cut', cut);
  exception
    when invalid_cursor_definition then null;
  end;
  execute query;
  get diagnostics affected = row_count;
  return json_build_object('affected', affected);
end
$$;

revoke all on function public.${SQL_FUNCTION}(text, integer) from public, anon, authenticated;
grant execute on function public.${SQL_FUNCTION}(text, integer) to service_role;
notify pgrst, 'reload schema';
`
