-- What people and other apps say in a thread that has a run, so that the next request there knows it.
create table patchbay.heard_messages (
  workspace_id text not null,
  channel text not null,
  ts text collate "C" not null,
  conversation text not null,
  user_id text,
  author text not null,
  text text,
  edited_ts text collate "C" not null default '',
  heard_at timestamptz not null default now(),
  primary key (workspace_id, channel, ts)
);
comment on table patchbay.heard_messages is 'messages in conversations with a run that asked for none when they came (an edit may do so later); text is null once the message is deleted, so that a late delivery does not bring it back';
create index heard_messages_conversation on patchbay.heard_messages (conversation, ts);
create index heard_messages_person on patchbay.heard_messages (workspace_id, user_id);
create index heard_messages_age on patchbay.heard_messages (workspace_id, heard_at);
alter table patchbay.heard_messages enable row level security;

create function patchbay.message_hear(
  p_workspace text, p_channel text, p_ts text, p_conversation text, p_user text, p_author text, p_text text, p_edited_ts text
) returns jsonb language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into heard_messages (workspace_id, channel, ts, conversation, user_id, author, text, edited_ts)
  select p_workspace, p_channel, p_ts, p_conversation, p_user, p_author, p_text, coalesce(p_edited_ts, '')
  where exists (select from runs where conversation = p_conversation)
    and not exists (select from runs where dedupe_key = p_workspace || ':' || p_channel || ':' || p_ts)
  on conflict (workspace_id, channel, ts) do update set author = excluded.author, text = excluded.text, edited_ts = excluded.edited_ts
  where heard_messages.text is not null and heard_messages.edited_ts < excluded.edited_ts;
  return to_jsonb(found);
end $$;
comment on function patchbay.message_hear(text, text, text, text, text, text, text, text) is 'keeps a message of a conversation that has a run and did not start one, or what it was edited to; true when something changed';

create function patchbay.message_unhear(p_workspace text, p_channel text, p_ts text, p_conversation text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  insert into heard_messages (workspace_id, channel, ts, conversation, author)
  select p_workspace, p_channel, p_ts, coalesce(p_conversation, ''), ''
  where exists (select from runs where conversation = p_conversation)
    or exists (select from heard_messages where workspace_id = p_workspace and channel = p_channel and ts = p_ts)
  on conflict (workspace_id, channel, ts) do update set user_id = null, author = '', text = null;
  return to_jsonb(found);
end $$;
comment on function patchbay.message_unhear(text, text, text, text) is 'forgets what a deleted message said, also when the deletion comes before the message';

create function patchbay.heard_messages_forget(p_workspace text, p_user text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare gone integer;
begin
  delete from heard_messages where workspace_id = p_workspace and (p_user is null or user_id = p_user);
  get diagnostics gone = row_count;
  return to_jsonb(gone);
end $$;
comment on function patchbay.heard_messages_forget(text, text) is 'deletes what was heard of a person, or with null of the whole workspace; how many messages';

create function patchbay.runs_forget_heard() returns trigger
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  delete from heard_messages h where h.conversation = old.conversation
    and not exists (select from runs where conversation = old.conversation);
  return null;
end $$;
comment on function patchbay.runs_forget_heard() is 'what was heard in a conversation goes with its last run';
create trigger runs_forget_heard after delete on patchbay.runs for each row execute function patchbay.runs_forget_heard();

create function patchbay.heard_messages_prune(p_limit integer) returns void
language sql set search_path = patchbay, pg_temp as $$
  delete from heard_messages h using (
    select due.workspace_id, due.channel, due.ts from workspaces w cross join lateral (
      select m.workspace_id, m.channel, m.ts from heard_messages m
      where m.workspace_id = w.workspace_id and m.heard_at < now() - run_retention(w.workspace_id)
      order by m.heard_at limit p_limit for update skip locked
    ) due limit p_limit
  ) old where h.workspace_id = old.workspace_id and h.channel = old.channel and h.ts = old.ts
$$;
comment on function patchbay.heard_messages_prune(integer) is 'deletes the oldest heard messages that are past their workspace''s retention of runs';

create or replace function patchbay.retention_prune(p_runs integer, p_rows integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  perform slack_events_prune();
  perform heard_messages_prune(p_rows);
  delete from token_refresh_leases where lease_until < clock_timestamp() - interval '1 day';
  return jsonb_build_object('runs', runs_prune(p_runs), 'usage', tool_usage_prune(p_rows), 'audit', audit_prune(p_rows));
end $$;

insert into patchbay.schema_versions (version, breaking) values ('20261128000014', false);
select patchbay.restrict_access();
