-- Cards that wait for somebody: for an owner's word, or to be connected.
create function patchbay.own_cards_asked(p_workspace text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(own_card_json(c) order by c.updated_at, c.card_name), '[]') from mcp_run_cards c
  where c.workspace_id = p_workspace and c.source = 'saved' and c.sharing = 'asked'
$$;
comment on function patchbay.own_cards_asked(text) is 'the cards that the owners are asked to share, the oldest first';

create function patchbay.own_cards_imported(p_workspace text, p_user text) returns jsonb
language sql stable set search_path = patchbay, pg_temp as $$
  select coalesce(jsonb_agg(own_card_json(c) order by lower(c.title), c.card_name), '[]')
  -- Imported twice, it is listed once.
  from (select distinct on (title, config_template ->> 'url') * from mcp_run_cards
    where workspace_id = p_workspace and created_by = p_user and source = 'imported' and seen_at > clock_timestamp() - interval '7 days'
    order by title, config_template ->> 'url', seen_at desc) c
  where not exists (select from mcp_connections m where m.workspace_id = p_workspace and m.user_id = p_user
    and m.connection_config #>> '{entry,title}' = c.title and m.connection_config #>> '{entry,url}' = c.config_template ->> 'url')
$$;
comment on function patchbay.own_cards_imported(text, text) is 'the servers that a person imported in the last seven days and has not connected';

insert into patchbay.schema_versions (version, breaking) values ('20261129000029', false);
select patchbay.restrict_access();
