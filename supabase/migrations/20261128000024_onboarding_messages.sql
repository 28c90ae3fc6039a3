-- Messages that help a person begin are repainted as they go on: the welcome, and what is offered under an answer.
create table patchbay.onboarding_messages (
  workspace_id text not null,
  channel text not null,
  ts text not null,
  user_id text not null,
  kind text not null check (kind in ('welcome', 'offer')),
  run_id uuid,
  shown text not null,
  posted_at timestamptz not null default now(),
  primary key (workspace_id, channel, ts)
);
comment on table patchbay.onboarding_messages is 'messages that help a person begin, until they need no help any more; shown = what such a message says now';
create index onboarding_messages_person on patchbay.onboarding_messages (workspace_id, user_id);
alter table patchbay.onboarding_messages enable row level security;

create function patchbay.onboarding_message_save(p_workspace text, p_user text, p_channel text, p_ts text, p_kind text, p_run uuid, p_shown text) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  -- Whoever has not begun in a month is not helped by an old message; so a person never has many.
  delete from onboarding_messages where workspace_id = p_workspace and user_id = p_user and posted_at < now() - interval '30 days';
  insert into onboarding_messages (workspace_id, channel, ts, user_id, kind, run_id, shown)
  values (p_workspace, p_channel, p_ts, p_user, p_kind, p_run, p_shown)
  on conflict (workspace_id, channel, ts) do update set shown = excluded.shown;
  return null;
end $$;
comment on function patchbay.onboarding_message_save(text, text, text, text, text, uuid, text) is 'saves a message that helps a person begin, or what it says now';

create function patchbay.onboarding_messages_of(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('channel', channel, 'ts', ts, 'kind', kind, 'run', run_id, 'shown', shown) order by ts), '[]')
  from onboarding_messages where workspace_id = p_workspace and user_id = p_user
$$;
comment on function patchbay.onboarding_messages_of(text, text) is 'the messages that help a person begin';

create function patchbay.onboarding_message_remove(p_workspace text, p_channel text, p_ts text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from onboarding_messages where workspace_id = p_workspace and channel = p_channel and ts = p_ts;
  select null::jsonb
$$;
comment on function patchbay.onboarding_message_remove(text, text, text) is 'a message will not change any more';

create function patchbay.onboarding_messages_forget(p_workspace text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from onboarding_messages where workspace_id = p_workspace;
  select null::jsonb
$$;
comment on function patchbay.onboarding_messages_forget(text) is 'forgets the messages of a workspace that removed the app';

insert into patchbay.schema_versions (version, breaking) values ('20261128000024', false);
select patchbay.restrict_access();
