-- What a server offers beside tools, and which resources people want to hear of.

alter table mcp_connections add column offers jsonb;

create function connection_offers(p_id uuid, p_offers jsonb) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_connections set offers = p_offers where id = p_id and offers is distinct from p_offers;
  select null::jsonb
$$;
comment on function connection_offers(uuid, jsonb) is 'patchbay: what a server offers beside tools: resources, prompts, completions, subscriptions';

create table mcp_watches (
  id uuid primary key,
  connection_id uuid not null references mcp_connections (id) on delete cascade,
  workspace_id text not null,
  user_id text not null,
  uri text not null,
  resource_name text not null,
  channel text not null,
  thread_ts text not null,
  created_at timestamptz not null default now(),
  changed_at timestamptz,
  told_at timestamptz,
  watcher text,
  watched_until timestamptz,
  unique (connection_id, uri, channel, thread_ts)
);
comment on table mcp_watches is 'patchbay: a resource whose changes are told in a thread; one instance (watcher) listens at a time, changed_at is a change not told yet';
create index mcp_watches_person on mcp_watches (workspace_id, user_id);
alter table mcp_watches enable row level security;

create function watch_add(
  p_id uuid, p_connection uuid, p_workspace text, p_user text, p_uri text, p_name text, p_channel text, p_thread text, p_limit integer
) returns jsonb language plpgsql set search_path = public, pg_temp as $$
declare row mcp_watches;
begin
  -- Two presses at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay watches ' || p_workspace || p_user, 0));
  select * into row from mcp_watches
  where connection_id = p_connection and uri = p_uri and channel = p_channel and thread_ts = p_thread;
  if found then return to_jsonb(row); end if;
  if (select count(*) from mcp_watches where workspace_id = p_workspace and user_id = p_user) >= p_limit then
    raise exception 'You already hear of % resources, which is the most. Stop one of them first.', p_limit using errcode = 'PT429';
  end if;
  insert into mcp_watches (id, connection_id, workspace_id, user_id, uri, resource_name, channel, thread_ts)
  values (p_id, p_connection, p_workspace, p_user, p_uri, p_name, p_channel, p_thread)
  returning * into row;
  return to_jsonb(row);
exception when foreign_key_violation then
  raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
end $$;
comment on function watch_add(uuid, uuid, text, text, text, text, text, text, integer) is 'patchbay: tells changes of a resource in a thread from now on';

create function watch_get(p_id uuid) returns jsonb
language sql stable set search_path = public, pg_temp as $$
  select to_jsonb(w) from mcp_watches w where w.id = p_id
$$;
comment on function watch_get(uuid) is 'patchbay: one watched resource';

create function watch_remove(p_workspace text, p_user text, p_id uuid) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare row mcp_watches;
begin
  delete from mcp_watches where id = p_id and workspace_id = p_workspace and user_id = p_user returning * into row;
  if not found then return null; end if;
  return to_jsonb(row);
end $$;
comment on function watch_remove(text, text, uuid) is 'patchbay: a person wants to hear no more of a resource';

create function watches_claim(p_watcher text, p_lease_ms integer, p_most integer) returns jsonb
language plpgsql set search_path = public, pg_temp as $$
declare claimed jsonb;
begin
  -- All watches of a connection are one instance's, which a lock on single rows could not promise.
  perform pg_advisory_xact_lock(hashtextextended('patchbay watchers', 0));
  with holders as (
    select connection_id, bool_or(watcher = p_watcher and watched_until > clock_timestamp()) as mine,
      bool_or(watched_until > clock_timestamp()) as held
    from mcp_watches group by connection_id
  ),
  chosen as (select connection_id from holders where mine or held is not true order by mine desc nulls last limit p_most),
  taken as (
    update mcp_watches w set watcher = p_watcher, watched_until = clock_timestamp() + p_lease_ms * interval '1 millisecond'
    from chosen where w.connection_id = chosen.connection_id returning w.*
  )
  select coalesce(jsonb_agg(to_jsonb(taken) order by created_at), '[]') into claimed from taken;
  return claimed;
end $$;
comment on function watches_claim(text, integer, integer) is 'patchbay: takes or renews the connections whose resources this instance watches';

create function watches_release(p_watcher text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_watches set watcher = null, watched_until = null where watcher = p_watcher;
  select null::jsonb
$$;
comment on function watches_release(text) is 'patchbay: gives back what an instance watched';

create function watch_changed(p_connection uuid, p_uri text) returns jsonb
language sql set search_path = public, pg_temp as $$
  update mcp_watches set changed_at = clock_timestamp() where connection_id = p_connection and uri = p_uri and changed_at is null;
  select null::jsonb
$$;
comment on function watch_changed(uuid, text) is 'patchbay: notes a change that is to be told';

-- Whoever claims a change tells it; a watch that was told of speaks again only after a while, and then once for all changes meanwhile.
create function watches_due(p_watcher text, p_quiet_ms integer) returns jsonb
language sql set search_path = public, pg_temp as $$
  with due as (
    select id from mcp_watches
    where watcher = p_watcher and changed_at is not null
      and (told_at is null or told_at <= clock_timestamp() - p_quiet_ms * interval '1 millisecond')
    order by changed_at limit 20 for update skip locked
  ),
  told as (update mcp_watches w set told_at = clock_timestamp(), changed_at = null from due where w.id = due.id returning w.*)
  select coalesce(jsonb_agg(to_jsonb(told)), '[]') from told
$$;
comment on function watches_due(text, integer) is 'patchbay: claims the changes that are to be told now, each once';

create or replace function schema_version() returns jsonb language sql immutable set search_path = public, pg_temp as
  $$ select '"20261125000010"'::jsonb $$;
select patchbay_seal();
