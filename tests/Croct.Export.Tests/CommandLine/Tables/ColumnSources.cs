namespace Croct.Export.Tests.CommandLine.Tables;

/// <summary>
/// Where the cells of each column stand in the JSON of an item, and for which types of events: written down apart from the code that fills them.
/// </summary>
internal static class ColumnSources
{
    /// <summary>The expression of DuckDB for the cell as it stands in <c>item</c>, as JSON.</summary>
    public static string Expression(string stream, string column) => stream switch
    {
        "events" => Event(column),
        "sessions" => Session.TryGetValue(column, out var path) ? $"item->'{path}'" : $"item->'$.{Camel(column)}'",
        _ => column is "street" or "district" or "city" or "region" or "country" or "postal_code" ? $"item->'$.address.{Camel(column)}'"
            : column is "orders" or "sessions" ? $"item->'$.statistics.{column}'"
            : $"item->'$.{Camel(column)}'",
    };

    private static readonly Dictionary<string, string> Session = new()
    {
        ["start_time"] = "$.window.start",
        ["end_time"] = "$.window.end",
        ["campaign_name"] = "$.campaign.name",
        ["campaign_source"] = "$.campaign.source",
        ["campaign_medium"] = "$.campaign.medium",
        ["campaign_content"] = "$.campaign.content",
        ["campaign_term"] = "$.campaign.term",
        ["continent"] = "$.location.continent",
        ["country"] = "$.location.country",
        ["region"] = "$.location.region.name",
        ["region_code"] = "$.location.region.code",
        ["city"] = "$.location.city",
        ["district"] = "$.location.district",
        ["timezone"] = "$.location.timezone",
        ["latitude"] = "$.location.coordinates.latitude",
        ["longitude"] = "$.location.coordinates.longitude",
        ["location_source"] = "$.location.source",
        ["browser_name"] = "$.client.browser.name",
        ["browser_version"] = "$.client.browser.version",
        ["browser_type"] = "$.client.browser.type",
        ["device_name"] = "$.client.device.name",
        ["device_vendor"] = "$.client.device.vendor",
        ["device_category"] = "$.client.device.category",
        ["operating_system_name"] = "$.client.device.operatingSystem.name",
        ["operating_system_version"] = "$.client.device.operatingSystem.version",
        ["page_views"] = "$.statistics.pageViews",
        ["tab_views"] = "$.statistics.tabViews",
        ["orders"] = "$.statistics.orders",
    };

    /// <summary>Per column of events, where the payloads of which types have it.</summary>
    private static readonly (string[] Columns, string Path, string[] Types)[] Payloads =
    [
        (["external_user_id"], "$.externalUserId", ["userSignedUp", "userSignedIn", "userSignedOut"]),
        (["tab_id"], "$.tabId", ["tabOpened", "tabUrlChanged", "tabVisibilityChanged"]),
        (["tab_visibility"], "$.visibility", ["tabVisibilityChanged"]),
        (["page_url"], "$.url", ["pageOpened", "pageLoaded", "tabUrlChanged"]),
        (["page_title"], "$.title", ["pageLoaded"]),
        (["page_last_modified_time"], "$.lastModifiedTime", ["pageLoaded"]),
        (["referrer", "user_agent", "preferred_languages"], "$.{0}", ["pageOpened"]),
        (["country", "city"], "$.location.{0}", ["locationDetected"]),
        (["region"], "$.location.region.name", ["locationDetected"]),
        (["browser_name"], "$.client.browser.name", ["clientDetected"]),
        (["device_category"], "$.client.device.category", ["clientDetected"]),
        (["operating_system_name"], "$.client.device.operatingSystem.name", ["clientDetected"]),
        (["product_id"], "$.product.productId", ["productViewed"]),
        (["product_id"], "$.cartItem.product.productId", ["productAbandoned"]),
        (["product_quantity"], "$.cartItem.quantity", ["productAbandoned"]),
        (["product_*"], "$.product.{0}", ["productViewed"]),
        (["product_*"], "$.cartItem.product.{0}", ["productAbandoned"]),
        (["cart_*"], "$.cart.{0}", ["cartViewed", "cartModified", "cartAbandoned", "checkoutStarted", "productAbandoned"]),
        (["order_id"], "$.orderId", ["checkoutStarted"]),
        (["order_id"], "$.order.orderId", ["orderPlaced"]),
        (["order_*"], "$.order.{0}", ["orderPlaced"]),
        (["goal_id"], "$.goalId", ["goalCompleted"]),
        (["goal_*"], "$.{0}", ["goalCompleted"]),
        (["lead_id"], "$.leadId", ["leadGenerated"]),
        (["lead_*"], "$.{0}", ["leadGenerated"]),
        (["event_*"], "$.{0}", ["eventOccurred"]),
        (["test_id"], "$.testId", ["testGroupAssigned"]),
        (["test_group_id"], "$.groupId", ["testGroupAssigned"]),
        (["content_locale"], "$.personalization.locale", ["slotPersonalized"]),
        (["experiment_id", "variant_id"], "$.personalization.assignedVariant.{0}", ["slotPersonalized"]),
        (["slot_id", "experience_id", "audience_id", "content_id"], "$.personalization.{0}", ["slotPersonalized"]),
        (["slot_name", "slot_custom_id", "experience_name", "audience_name", "audience_custom_id", "experiment_name", "variant_name"], "$.metadata.{0}", ["slotPersonalized"]),
        (["point_x"], "$.point.x", ["userClicked"]),
        (["point_y"], "$.point.y", ["userClicked"]),
        (["point_x"], "$.end.x", ["userScrolled"]),
        (["point_y"], "$.end.y", ["userScrolled"]),
        (["since_time"], "$.sinceTime", ["nothingChanged"]),
    ];

    private static string Event(string column)
    {
        switch (column)
        {
            case "id" or "session_id" or "user_id" or "timestamp" or "context" or "payload" or "extra": return $"item->'$.{Camel(column)}'";
            case "type": return "item->'$.payload.\"@type\"'";
            case "context_type" or "context_tab_id" or "context_url": return $"item->'$.context.{Camel(column["context_".Length..])}'";
        }

        // A column named in full goes before a prefix.
        var sources = Payloads.Where(payload => payload.Columns.Contains(column)).ToList();
        var name = column;
        if (sources.Count == 0)
        {
            var prefix = column[..(column.IndexOf('_', StringComparison.Ordinal) + 1)];
            name = column[prefix.Length..];
            sources = [.. Payloads.Where(payload => payload.Columns.Contains(prefix + "*"))];
        }

        Assert.That(sources, Is.Not.Empty, $"There is no source for the column {column}.");
        var cases = sources.Select(source =>
        {
            var path = "item->'$.payload" + source.Path.Replace("{0}", Camel(name), StringComparison.Ordinal)[1..] + "'";
            if (column is "cart_items" or "order_items") path = $"to_json(json_array_length({path}))";
            return $"WHEN (item->>'$.payload.\"@type\"') IN ({string.Join(", ", source.Types.Select(type => $"'{type}'"))}) THEN ({path})";
        });
        return $"CASE {string.Join(' ', cases)} END";
    }

    private static string Camel(string name) => string.Concat(name.Split('_').Select((word, i) => i == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));
}
