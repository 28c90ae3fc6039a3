-- A submitted form is acknowledged once it is a row, so that an instance that dies while it connects loses nothing.
create table patchbay.connect_submissions (
  submission_id uuid primary key,
  workspace_id text not null,
  user_id text not null,
  view_id text not null,
  view_hash text not null,
  details jsonb not null,
  tries integer not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz not null,
  unique (workspace_id, view_id, view_hash)
);
comment on table patchbay.connect_submissions is 'connect forms whose outcome the person has not been told yet; what was typed is in the credential store';
create index connect_submissions_lease on patchbay.connect_submissions (lease_until);
alter table patchbay.connect_submissions enable row level security;

create function patchbay.connect_submission_save(p_id uuid, p_workspace text, p_user text, p_view text, p_hash text, p_details jsonb, p_lease_ms integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare standing uuid;
begin
  insert into connect_submissions (submission_id, workspace_id, user_id, view_id, view_hash, details, lease_until)
  values (p_id, p_workspace, p_user, p_view, p_hash, p_details, clock_timestamp() + p_lease_ms * interval '1 millisecond')
  on conflict do nothing;
  if found then return null; end if;
  select submission_id into standing from connect_submissions
  where workspace_id = p_workspace and view_id = p_view and view_hash = p_hash;
  return to_jsonb(standing);
end $$;
comment on function patchbay.connect_submission_save(uuid, text, text, text, text, jsonb, integer) is 'saves a submitted form for an instance that connects at once; the one that was submitted before from this form and is still under way; a form shown again has another hash';

create function patchbay.connect_submissions_claim(p_lease_ms integer) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with due as (
    select submission_id from connect_submissions where lease_until < clock_timestamp()
    order by lease_until limit 10 for update skip locked
  ), claimed as (
    update connect_submissions c
    set lease_until = clock_timestamp() + p_lease_ms * interval '1 millisecond', tries = c.tries + 1
    from due where c.submission_id = due.submission_id returning c.*
  )
  select coalesce(jsonb_agg(to_jsonb(claimed)), '[]') from claimed
$$;
comment on function patchbay.connect_submissions_claim(integer) is 'takes over the forms whose instance died';

create function patchbay.connect_submission_delete(p_id uuid) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  delete from connect_submissions where submission_id = p_id;
  select null::jsonb
$$;
comment on function patchbay.connect_submission_delete(uuid) is 'ends a form whose outcome was told';

create function patchbay.connect_submissions_forget(p_workspace text) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  with gone as (delete from connect_submissions where workspace_id = p_workspace returning submission_id)
  select coalesce(jsonb_agg(submission_id), '[]') from gone
$$;
comment on function patchbay.connect_submissions_forget(text) is 'deletes the forms of a workspace that the app has left; which';

create or replace function patchbay.resource_subscription_add(p_id uuid, p_connection uuid, p_workspace text, p_user text, p_uri text, p_name text, p_channel text, p_thread text, p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row resource_subscriptions;
begin
  -- Two presses at once must not both find the last free place.
  perform pg_advisory_xact_lock(hashtextextended('patchbay subscriptions ' || p_workspace || p_user, 0));
  -- The thread does not count: a press that is repeated posts a message of its own first.
  select * into row from resource_subscriptions
  where workspace_id = p_workspace and user_id = p_user
    and connection_id = p_connection and uri = p_uri and channel = p_channel
  order by thread_ts = p_thread desc, created_at desc limit 1;
  if found then
    -- A press that long after the first is no repeated one, and the message of the old thread may be gone.
    if row.created_at < clock_timestamp() - interval '5 minutes' then
      update resource_subscriptions set channel = p_channel, thread_ts = p_thread, created_at = clock_timestamp()
      where id = row.id returning * into row;
    end if;
    return to_jsonb(row);
  end if;
  if (select count(*) from resource_subscriptions where workspace_id = p_workspace and user_id = p_user) >= p_limit then
    raise exception 'You already hear of % resources, which is the most. Stop one of them first.', p_limit using errcode = 'PT429';
  end if;
  insert into resource_subscriptions (id, connection_id, workspace_id, user_id, uri, resource_name, channel, thread_ts)
  select p_id, c.id, p_workspace, p_user, p_uri, p_name, p_channel, p_thread
  from mcp_connections c where c.id = p_connection and c.workspace_id = p_workspace and c.user_id = p_user
  returning * into row;
  if not found then
    raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
  end if;
  return to_jsonb(row);
exception when foreign_key_violation then
  raise exception 'This connection is gone. Connect it anew with /mcp connect.' using errcode = 'PT404';
end $$;

insert into patchbay.schema_versions (version, breaking) values ('20261128000011', false);
select patchbay.restrict_access();
