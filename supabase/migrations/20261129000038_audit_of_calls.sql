-- Each field of a new row's hash stands behind its length, so that no two rows share an input. Older rows keep the form they were written in,
-- and none of them may follow a newer one.
create or replace function patchbay.audit_hash(p_previous text, p_event patchbay.audit_events) returns text
language sql stable set search_path = patchbay, pg_temp as $$
  select case when p_event.hash is null or p_event.hash like '2:%' then
    '2:' || encode(sha256(convert_to((
      select string_agg(octet_length(field) || ':' || field, '' order by nth)
      from unnest(array[p_previous, p_event.workspace_id, p_event.id::text, p_event.actor, p_event.action, p_event.details::text,
        to_char(p_event.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')]) with ordinality as fields (field, nth)), 'utf8')), 'hex')
  else
    encode(sha256(convert_to(concat_ws('|', p_previous, p_event.workspace_id, p_event.actor, p_event.action, p_event.details::text,
      to_char(p_event.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')), 'utf8')), 'hex')
  end
$$;
comment on function patchbay.audit_hash(text, patchbay.audit_events) is 'the hash an audit row must have after the given one, in the form of the hash it has; a new row''s begins with 2:';

create or replace function patchbay.audit_append(p_workspace text, p_actor text, p_action text, p_details jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row audit_events;
begin
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  perform audit_lock(p_workspace);
  row.id := nextval('patchbay.audit_events_id_seq');
  row.workspace_id := p_workspace;
  row.actor := p_actor;
  row.action := p_action;
  row.details := p_details;
  row.at := clock_timestamp();
  row.previous_hash := coalesce(
    (select hash from audit_events where workspace_id = p_workspace order by id desc limit 1),
    (select hash from audit_anchors where workspace_id = p_workspace),
    '');
  insert into audit_events (id, workspace_id, actor, action, details, at, previous_hash, hash) overriding system value
  values (row.id, row.workspace_id, row.actor, row.action, row.details, row.at, row.previous_hash, audit_hash(row.previous_hash, row));
  return null;
end $$;

create or replace function patchbay.audit_check(p_workspace text, p_after bigint, p_most integer) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with part as (
    select e as event from audit_events e where e.workspace_id = p_workspace and e.id > p_after order by e.id limit p_most
  ),
  chain as (
    select event, coalesce(lag((event).hash) over (order by (event).id),
      (select e.hash from audit_events e where e.workspace_id = p_workspace and e.id <= p_after order by e.id desc limit 1),
      (select a.hash from audit_anchors a where a.workspace_id = p_workspace), '') as expected
    from part
  )
  select jsonb_build_object('last', (select max((event).id) from chain), 'broken', (
    select min((event).id) from chain
    where (event).previous_hash <> expected or (event).hash <> audit_hash(expected, event)
      or (expected like '2:%' and (event).hash not like '2:%')))
$$;

create table patchbay.audit_seals (
  workspace_id text primary key,
  row_id bigint not null,
  hash text not null,
  row_at timestamptz not null,
  mac text not null,
  sealed_at timestamptz not null default clock_timestamp()
);
comment on table patchbay.audit_seals is 'the newest audit row of a workspace that the app sealed; the key of mac lies in the credential store';
alter table patchbay.audit_seals enable row level security;

create function patchbay.audit_seal(p_workspace text, p_row bigint, p_hash text, p_at timestamptz, p_mac text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  insert into audit_seals (workspace_id, row_id, hash, row_at, mac) values (p_workspace, p_row, p_hash, p_at, p_mac)
  on conflict (workspace_id) do update set row_id = excluded.row_id, hash = excluded.hash, row_at = excluded.row_at, mac = excluded.mac,
    sealed_at = clock_timestamp()
  where audit_seals.row_id < excluded.row_id;
  select null::jsonb
$$;
comment on function patchbay.audit_seal(text, bigint, text, timestamptz, text) is 'saves the seal of an audit row; an older one never takes the place of a newer one';

create function patchbay.audit_state(p_workspace text, p_rows jsonb) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object(
    'seal', (select jsonb_build_object('row', row_id, 'hash', hash, 'at', row_at, 'mac', mac) from audit_seals where workspace_id = p_workspace),
    'pruned', (select last_id from audit_anchors where workspace_id = p_workspace),
    'rows', (select coalesce(jsonb_agg(jsonb_build_object('row', id, 'hash', hash, 'at', at)), '[]') from audit_events
      where workspace_id = p_workspace and (id in (select value::bigint from jsonb_array_elements_text(p_rows))
        or id = (select row_id from audit_seals where workspace_id = p_workspace))))
$$;
comment on function patchbay.audit_state(text, jsonb) is 'what a workspace''s seals are held against: its sealed row, the newest pruned one, and these rows';

-- A workspace whose rows are all gone has a seal still.
create or replace function patchbay.audit_workspaces() returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(workspace_id order by workspace_id), '[]')
  from (select workspace_id from workspaces union select workspace_id from audit_seals) every
$$;

-- Every decision on a call and every call is a row, asked or not. Deferred to the commit, so that the audit's lock stays the last one taken.
create function patchbay.audit_call() returns trigger language plpgsql set search_path = patchbay, pg_temp as $$
declare
  run runs;
  judged jsonb;
begin
  select * into run from runs where id = new.run_id;
  if not found then return null; end if;
  select body into judged from run_events
  where run_id = new.run_id and type = 'judged' and body ->> 'call' = new.body ->> 'call' and seq <= new.seq order by seq desc limit 1;
  perform audit_append(run.workspace_id, run.user_id,
    case new.type when 'called' then 'call_made' when 'returned' then 'call_returned'
      else 'call_' ||
        coalesce((array['allowed', 'asked', 'denied'])[array_position(array['allow', 'ask', 'deny'], judged ->> 'verdict')], 'judged') end,
    jsonb_strip_nulls(jsonb_build_object('run', run.id, 'call', new.body -> 'call', 'connection', judged #> '{target,connection}',
      'tool', judged #> '{target,tool}', 'connected_by', judged #> '{target,sharedBy}', 'hash', case new.type when 'judged' then judged -> 'hash' end,
      'risk', case new.type when 'judged' then judged -> 'risk' end,
      'outcome', case new.type when 'returned' then new.body -> 'outcome' end, 'ms', case new.type when 'returned' then new.body -> 'ms' end)));
  return null;
end $$;
comment on function patchbay.audit_call() is 'writes the audit row of a judged, begun or ended call';
create constraint trigger run_events_audited after insert on patchbay.run_events deferrable initially deferred
  for each row when (new.body ->> 'type' in ('judged', 'called', 'returned')) execute function patchbay.audit_call();

insert into patchbay.schema_versions (version, breaking) values ('20261129000038', false);
select patchbay.restrict_access();
