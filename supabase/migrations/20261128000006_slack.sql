create table patchbay.slack_messages (
  run_id uuid not null references patchbay.runs (id) on delete cascade,
  key text not null,
  channel text not null,
  ts text not null,
  content_hash text not null,
  live boolean not null default false,
  primary key (run_id, key)
);
comment on table patchbay.slack_messages is 'which Slack message shows which part of a run; live = a stream is open on it';
alter table patchbay.slack_messages enable row level security;

create function patchbay.slack_messages_of(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('key', key, 'channel', channel, 'ts', ts, 'content_hash', content_hash, 'live', live) order by ts), '[]')
  from slack_messages where run_id = p_run
$$;
comment on function patchbay.slack_messages_of(uuid) is 'the messages that show a run';

create function patchbay.slack_message_save(p_run uuid, p_key text, p_channel text, p_ts text, p_content_hash text, p_live boolean) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  insert into slack_messages (run_id, key, channel, ts, content_hash, live) values (p_run, p_key, p_channel, p_ts, p_content_hash, p_live)
  on conflict (run_id, key) do update set channel = excluded.channel, ts = excluded.ts, content_hash = excluded.content_hash, live = excluded.live;
  select null::jsonb
$$;
comment on function patchbay.slack_message_save(uuid, text, text, text, text, boolean) is 'saves what a message shows';

create function patchbay.slack_message_remove(p_run uuid, p_key text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from slack_messages where run_id = p_run and key = p_key;
  select null::jsonb
$$;
comment on function patchbay.slack_message_remove(uuid, text) is 'a message is gone';

create table patchbay.slack_seen_events (
  event_id text primary key,
  seen_at timestamptz not null default now()
);
comment on table patchbay.slack_seen_events is 'Slack events taken in the last 24 hours';
create index slack_seen_events_age on patchbay.slack_seen_events (seen_at);
alter table patchbay.slack_seen_events enable row level security;

create function patchbay.slack_event_seen(p_id text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into slack_seen_events (event_id) values (p_id) on conflict do nothing;
  return to_jsonb(not found);
end $$;
comment on function patchbay.slack_event_seen(text) is 'true when this event was taken before';

create function patchbay.slack_events_prune() returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from slack_seen_events where seen_at < now() - interval '24 hours';
  select null::jsonb
$$;
comment on function patchbay.slack_events_prune() is 'deletes the events that Slack does not deliver again';

-- Small steps keep each transaction short; every instance calls this again and again.
create function patchbay.retention_prune(p_runs integer, p_rows integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  perform slack_events_prune();
  delete from token_refresh_leases where lease_until < clock_timestamp() - interval '1 day';
  return jsonb_build_object('runs', runs_prune(p_runs), 'usage', tool_usage_prune(p_rows), 'audit', audit_prune(p_rows));
end $$;
comment on function patchbay.retention_prune(integer, integer) is 'one step of pruning: at most p_runs runs, p_rows rows of tool usage and p_rows audit rows';

insert into patchbay.schema_versions (version, breaking) values ('20261128000006', false);
select patchbay.restrict_access();
