-- Cards that people make of what they connected, and what they brought from a configuration: entries of their own, without secrets.
alter table patchbay.mcp_run_cards drop constraint mcp_run_cards_source_check;
alter table patchbay.mcp_run_cards
  add constraint mcp_run_cards_source_check check (source in ('curated', 'registry', 'saved', 'imported')),
  add column workspace_id text references patchbay.workspaces (workspace_id) on delete cascade,
  add column sharing text not null default 'own' check (sharing in ('own', 'asked', 'shared', 'refused')),
  add column sharing_asked jsonb not null default '[]',
  add constraint mcp_run_cards_own_check check ((source in ('saved', 'imported')) = (workspace_id is not null));
create index mcp_run_cards_own on patchbay.mcp_run_cards (workspace_id, created_by) where workspace_id is not null;
comment on table patchbay.mcp_run_cards is 'what people may connect: our own run cards (curated, saved at each start), the entries of an MCP registry, cards that people saved in their workspace, and what they imported; popularity_score counts connections made';
comment on column patchbay.mcp_run_cards.sharing is 'of a saved card: for its maker alone, asked of the owners, shared with the workspace, or refused by them';
comment on column patchbay.mcp_run_cards.sharing_asked is 'the messages that ask the owners';

create function patchbay.own_card_json(c patchbay.mcp_run_cards) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select jsonb_build_object('entry', c.config_template, 'source', c.source, 'by', c.created_by, 'sharing', c.sharing,
    'shared', c.is_public, 'tools', c.available_tools, 'asked', c.sharing_asked, 'popularity', c.popularity_score)
$$;
comment on function patchbay.own_card_json(patchbay.mcp_run_cards) is 'a saved or imported card as the app reads it';

create function patchbay.own_cards_add(p_workspace text, p_user text, p_source text, p_cards jsonb, p_limit integer) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('patchbay own cards ' || p_workspace || p_user, 0));
  insert into workspaces (workspace_id) values (p_workspace) on conflict do nothing;
  -- What was imported and never used is of no use to anybody after a week.
  delete from mcp_run_cards where workspace_id = p_workspace and source = 'imported' and seen_at < clock_timestamp() - interval '7 days';
  if p_source = 'saved' and (select count(*) from mcp_run_cards
    where workspace_id = p_workspace and created_by = p_user and source = 'saved') >= p_limit then
    raise exception 'You already have % cards, which is the most here. Remove one first: /mcp cards.', p_limit using errcode = 'PT429';
  end if;
  insert into mcp_run_cards (card_name, mcp_type, source, title, description, config_template, required_credentials, available_tools,
    created_by, is_public, version, workspace_id, updated_at)
  select r -> 'entry' ->> 'name', r -> 'entry' ->> 'name', p_source, r -> 'entry' ->> 'title', r -> 'entry' ->> 'description', r -> 'entry',
    (select coalesce(jsonb_agg(jsonb_build_object('kind', 'secret', 'name', i -> 'name', 'label', i -> 'label')), '[]')
      from jsonb_array_elements(r -> 'entry' -> 'inputs') i where (i -> 'secret')::boolean and (i -> 'required')::boolean),
    r -> 'tools', p_user, false, r -> 'entry' ->> 'version', p_workspace, now()
  from jsonb_array_elements(p_cards) r
  on conflict (card_name) do nothing;
  delete from mcp_run_cards where card_name in (
    select card_name from mcp_run_cards where workspace_id = p_workspace and created_by = p_user and source = 'imported'
    order by seen_at desc, card_name offset 200);
  if p_source = 'saved' then
    perform audit_append(p_workspace, p_user, 'card_saved', jsonb_build_object('card', p_cards #> '{0,entry,name}', 'title', p_cards #> '{0,entry,title}'));
  end if;
  return null;
end $$;
comment on function patchbay.own_cards_add(text, text, text, jsonb, integer) is 'adds a card that a person saved, or the servers of a configuration they imported';

create function patchbay.own_card_get(p_workspace text, p_user text, p_name text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select own_card_json(c) from mcp_run_cards c
  where c.card_name = p_name and c.workspace_id = p_workspace and (c.created_by = p_user or c.is_public)
$$;
comment on function patchbay.own_card_get(text, text, text) is 'a saved or imported card that this person may connect';

create function patchbay.own_cards_of(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(own_card_json(c) order by lower(c.title), c.card_name), '[]') from mcp_run_cards c
  where c.workspace_id = p_workspace and c.source = 'saved' and (c.created_by = p_user or c.is_public)
$$;
comment on function patchbay.own_cards_of(text, text) is 'the saved cards that this person may connect: theirs and the workspace''s';

create function patchbay.own_card_ask(p_workspace text, p_user text, p_name text, p_shared boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
begin
  update mcp_run_cards set sharing = case when p_shared then 'shared' else 'asked' end, is_public = p_shared
  where card_name = p_name and workspace_id = p_workspace and created_by = p_user and source = 'saved' and sharing = 'own';
  if not found then return 'false'::jsonb; end if;
  perform audit_append(p_workspace, p_user, case when p_shared then 'card_shared' else 'card_sharing_asked' end, jsonb_build_object('card', p_name));
  return 'true'::jsonb;
end $$;
comment on function patchbay.own_card_ask(text, text, text, boolean) is 'asks the owners once whether a card may be shared, or shares it where its maker is one; false when that was done before';

create function patchbay.own_card_note_asked(p_workspace text, p_name text, p_messages jsonb) returns jsonb
language sql set search_path = patchbay, pg_temp as $$
  update mcp_run_cards set sharing_asked = p_messages where card_name = p_name and workspace_id = p_workspace and source = 'saved';
  select null::jsonb
$$;
comment on function patchbay.own_card_note_asked(text, text, jsonb) is 'notes the messages that ask the owners';

create function patchbay.own_card_decide(p_workspace text, p_by text, p_name text, p_shared boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare
  row mcp_run_cards;
  decided boolean;
begin
  update mcp_run_cards set sharing = case when p_shared then 'shared' else 'refused' end, is_public = p_shared
  where card_name = p_name and workspace_id = p_workspace and source = 'saved' and sharing = 'asked' returning * into row;
  decided := found;
  if decided then
    perform audit_append(p_workspace, p_by, case when p_shared then 'card_shared' else 'card_sharing_refused' end, jsonb_build_object('card', p_name));
  else
    select * into row from mcp_run_cards where card_name = p_name and workspace_id = p_workspace and source = 'saved';
    if not found then return null; end if;
  end if;
  return jsonb_build_object('decided', decided, 'card', own_card_json(row));
end $$;
comment on function patchbay.own_card_decide(text, text, text, boolean) is 'an owner''s word on sharing a card; the first one counts';

create function patchbay.own_card_class_tools(p_workspace text, p_by text, p_name text, p_tools jsonb) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare before jsonb;
begin
  select available_tools into before from mcp_run_cards
  where card_name = p_name and workspace_id = p_workspace and source = 'saved' and is_public for update;
  if not found then return 'false'::jsonb; end if;
  update mcp_run_cards set available_tools = p_tools, updated_at = now() where card_name = p_name;
  perform audit_append(p_workspace, p_by, 'card_tools_classed', jsonb_build_object('card', p_name, 'before', before, 'after', p_tools));
  return 'true'::jsonb;
end $$;
comment on function patchbay.own_card_class_tools(text, text, text, jsonb) is 'what an owner says of the tools of a shared card; false when it is gone';

create function patchbay.own_card_remove(p_workspace text, p_by text, p_name text, p_any boolean) returns jsonb
language plpgsql set search_path = patchbay, pg_temp as $$
declare row mcp_run_cards;
begin
  delete from mcp_run_cards where card_name = p_name and workspace_id = p_workspace and source = 'saved'
    and (created_by = p_by or (p_any and is_public)) returning * into row;
  if not found then return null; end if;
  perform audit_append(p_workspace, p_by, 'card_removed', jsonb_build_object('card', p_name, 'title', row.title, 'by', row.created_by));
  return own_card_json(row);
end $$;
comment on function patchbay.own_card_remove(text, text, text, boolean) is 'removes a saved card: its maker''s, or with p_any one that is shared; connections made from it stay';

-- What an owner said of a shared card's tools goes with each connection made from it.
create or replace function patchbay.connections_of(p_workspace text, p_user text, p_known jsonb) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(case when p_known ? c.tools_hash then to_jsonb(c) - 'tools_available' else to_jsonb(c) end
    || case when r.card_name is null then '{}' else jsonb_build_object('classed_tools', r.available_tools) end
    order by lower(c.connection_name)), '[]')
  from mcp_connections c
  left join mcp_run_cards r on r.card_name = c.mcp_type and r.workspace_id = c.workspace_id and r.source = 'saved' and r.is_public
    and r.version = c.connection_config #>> '{entry,version}'
  where c.workspace_id = p_workspace and c.user_id = p_user
$$;

insert into patchbay.schema_versions (version, breaking) values ('20261128000026', false);
select patchbay.restrict_access();
