-- Everything a call is judged by apart from connections, read at one moment and in one trip.
create function policy_for(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select jsonb_build_object('rules', rules_for(p_workspace, p_user), 'approvers', approvers_of(p_workspace))
$$;
comment on function policy_for(text, text) is 'patchbay: the rules that bind a person, and who decides destructive calls';

-- All events in one stroke: the run's row is written once, however many there are. Each then changes what it changes besides.
create or replace function run_put(p_run uuid, p_events jsonb) returns integer
language plpgsql set search_path = public, pg_temp as $$
declare
  event jsonb;
  seq_now integer;
begin
  update runs set last_seq = last_seq + jsonb_array_length(p_events) where id = p_run returning last_seq into seq_now;
  insert into run_events (run_id, seq, body)
  select p_run, seq_now - jsonb_array_length(p_events) + given.nth::integer, given.body
  from jsonb_array_elements(p_events) with ordinality as given (body, nth);
  for event in select value from jsonb_array_elements(p_events) loop
    perform run_project(p_run, event);
  end loop;
  return seq_now;
end $$;

-- The lease is renewed once a second by the poll; an append renews it only when a third of it is gone.
create or replace function run_append(p_run uuid, p_fence bigint, p_seq integer, p_events jsonb, p_lease_ms integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare
  row runs;
  seq_now integer;
begin
  select * into row from runs where id = p_run for update;
  if not found or row.fence <> p_fence or row.status = 'closed' then
    return jsonb_build_object('kind', 'lost');
  end if;
  if row.last_seq <> p_seq then
    -- The answer to an earlier try of the same append may have been lost on the way.
    if exists (select from run_events where run_id = p_run and seq = p_seq + 1 and body = p_events -> 0) then
      return jsonb_build_object('kind', 'appended', 'seq', p_seq + jsonb_array_length(p_events));
    end if;
    return jsonb_build_object('kind', 'taken', 'seq', row.last_seq);
  end if;
  seq_now := run_put(p_run, p_events);
  if row.lease_until is null or row.lease_until < clock_timestamp() + p_lease_ms * interval '1 millisecond' * 2 / 3 then
    update runs set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond' where id = p_run;
  end if;
  return jsonb_build_object('kind', 'appended', 'seq', seq_now);
end $$;

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261125000012"'::jsonb $$;
select patchbay_seal();
