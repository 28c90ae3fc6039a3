create function patchbay.run_message_ts(p_run uuid) returns text
language sql stable set search_path = patchbay, pg_temp as $$
  select body #>> '{origin,messageTs}' from run_events where run_id = p_run and seq = 1
$$;
comment on function patchbay.run_message_ts(uuid) is 'the message that asked for a run';

create function patchbay.heard_in_conversation(p_run uuid, p_after text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('ts', h.ts, 'author', h.author, 'text', h.text) order by h.ts), '[]')
  from (
    select m.ts, m.author, m.text from heard_messages m
    where m.conversation = (select conversation from runs where id = p_run) and m.text is not null
      and m.ts > p_after collate "C" and m.ts < run_message_ts(p_run) collate "C"
      -- A mention that an edit added made a request of what was only heard before.
      and not exists (select from runs where dedupe_key = m.workspace_id || ':' || m.channel || ':' || m.ts)
    order by m.ts desc limit 500) h
$$;
comment on function patchbay.heard_in_conversation(uuid, text) is 'what was heard in a conversation after a message and before the one that asked for a run: the newest 500 messages';

create function patchbay.exchange_before(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'events', (
      select jsonb_agg(e.body order by e.seq) from run_events e
      where e.run_id = r.id and e.type in ('started', 'files_added', 'replied', 'stopped', 'failed', 'finished'))) order by r.number), '[]')
  from (
    select recent.id, recent.number
    from runs this cross join lateral (
      -- Among a person's last runs in all places; more of them in one hour are not looked through.
      select * from runs r where r.workspace_id = this.workspace_id and r.user_id = this.user_id and r.number < this.number
      order by r.number desc limit 50) recent
    where this.id = p_run and recent.conversation <> this.conversation
      and starts_with(recent.conversation, this.workspace_id || ':' ||
        (select body #>> '{origin,channel}' from run_events where run_id = p_run and seq = 1) || ':')
      and (recent.started_at >= this.started_at - interval '1 hour'
        or recent.closed_at between this.started_at - interval '1 hour' and this.started_at)
      -- What ends only later would change what was told; what was deleted is told to nobody.
      and exists (select from run_events e where e.run_id = recent.id and e.type in ('stopped', 'failed', 'finished')
        and e.at <= this.started_at)
      and not exists (select from run_events e where e.run_id = recent.id and e.type = 'stopped' and e.body ->> 'why' = 'request_deleted')
    order by recent.number desc limit 5) r
$$;
comment on function patchbay.exchange_before(uuid) is 'a person''s last runs in the same direct messages, that have ended, and begun or ended within the hour before this run';

create or replace function patchbay.conversation_history(p_run uuid) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  with this as (select conversation, number from runs where id = p_run),
  summary as (
    select e.body, (select number from runs where id = (e.body ->> 'upTo')::uuid) as up_to
    from this join runs r on r.conversation = this.conversation and r.number <= this.number
      join run_events e on e.run_id = r.id and e.type = 'summarised'
    order by r.number desc, e.seq desc limit 1
  ),
  first as (select r.id from runs r, this where r.conversation = this.conversation order by r.number limit 1)
  select jsonb_build_object(
    'summary', (select body ->> 'text' from summary),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object('id', r.id, 'events', run_events_bare(r.id)) order by r.number)
      from runs r, this
      where r.conversation = this.conversation and r.number < this.number and r.number > coalesce((select up_to from summary), 0)
    ), '[]'),
    -- The run that a summary ends at may be gone.
    'heard', heard_in_conversation(p_run, coalesce(run_message_ts((select (body ->> 'upTo')::uuid from summary)), run_message_ts((select id from first)))),
    'exchange', case when not exists (select from summary) and exists (
      select from first join run_events e on e.run_id = first.id and e.seq = 1 where e.body #>> '{origin,place}' = 'dm')
      then exchange_before((select id from first)) else '[]' end)
$$;
comment on function patchbay.conversation_history(uuid) is 'what was said in a conversation before this run: the newest summary, every ended run after it, what was heard between them, and in direct messages the exchange before the conversation';

insert into patchbay.schema_versions (version, breaking) values ('20261128000015', false);
select patchbay.restrict_access();
