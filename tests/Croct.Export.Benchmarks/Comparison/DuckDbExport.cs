using System.Globalization;
using System.Text.Json.Nodes;
using DuckDB.NET.Data;

namespace Croct.Export.Benchmarks.Comparison;

/// <summary>
/// The alternative to croct-export with DuckDB: raw pages are written to an NDJSON file, which DuckDB converts to Parquet. It runs in a separate process, as
/// the exporter does.
/// </summary>
/// <remarks>
/// The columns are those of the first version of <c>croct-export schema events</c>, and stay the same whatever the exporter writes, so that the figure is about
/// the same work in every version. json_transform parses a payload once for all columns; extractions, by column or by a list of paths, took longer.
/// </remarks>
internal static class DuckDbExport
{
    public const string Command = "export-with-duckdb";

    private const string Carts = "cartViewed|cartModified|cartAbandoned|checkoutStarted|productAbandoned";

    /// <summary>One column per line: its name, its type, and its paths by payload type. A count is the number of entries of a list.</summary>
    private const string PayloadColumns = $"""
        external_user_id text userSignedUp|userSignedIn|userSignedOut:externalUserId
        tab_id text tabOpened|tabUrlChanged|tabVisibilityChanged:tabId
        tab_visibility text tabVisibilityChanged:visibility
        page_url text pageOpened|pageLoaded|tabUrlChanged:url
        page_title text pageLoaded:title
        page_last_modified_time timestamp pageLoaded:lastModifiedTime
        referrer text pageOpened:referrer
        user_agent text pageOpened:userAgent
        preferred_languages text pageOpened:preferredLanguages
        country text locationDetected:location.country
        region text locationDetected:location.region.name
        city text locationDetected:location.city
        browser_name text clientDetected:client.browser.name
        device_category text clientDetected:client.device.category
        operating_system_name text clientDetected:client.device.operatingSystem.name
        product_id text productViewed:product.productId productAbandoned:cartItem.product.productId
        product_name text productViewed:product.name productAbandoned:cartItem.product.name
        product_sku text productViewed:product.sku productAbandoned:cartItem.product.sku
        product_category text productViewed:product.category productAbandoned:cartItem.product.category
        product_brand text productViewed:product.brand productAbandoned:cartItem.product.brand
        product_variant text productViewed:product.variant productAbandoned:cartItem.product.variant
        product_url text productViewed:product.url productAbandoned:cartItem.product.url
        product_display_price decimal productViewed:product.displayPrice productAbandoned:cartItem.product.displayPrice
        product_original_price decimal productViewed:product.originalPrice productAbandoned:cartItem.product.originalPrice
        product_currency text productViewed:product.currency productAbandoned:cartItem.product.currency
        product_quantity decimal productAbandoned:cartItem.quantity
        cart_currency text {Carts}:cart.currency
        cart_total decimal {Carts}:cart.total
        cart_subtotal decimal {Carts}:cart.subtotal
        cart_shipping_price decimal {Carts}:cart.shippingPrice
        cart_discount decimal {Carts}:cart.discount
        cart_coupon text {Carts}:cart.coupon
        cart_items count {Carts}:cart.items
        cart_last_update_time timestamp {Carts}:cart.lastUpdateTime
        order_id text orderPlaced:order.orderId checkoutStarted:orderId
        order_currency text orderPlaced:order.currency
        order_total decimal orderPlaced:order.total
        order_subtotal decimal orderPlaced:order.subtotal
        order_shipping_price decimal orderPlaced:order.shippingPrice
        order_discount decimal orderPlaced:order.discount
        order_coupon text orderPlaced:order.coupon
        order_items count orderPlaced:order.items
        order_payment_method text orderPlaced:order.paymentMethod
        order_installments int32 orderPlaced:order.installments
        order_status text orderPlaced:order.status
        goal_id text goalCompleted:goalId
        goal_value decimal goalCompleted:value
        goal_currency text goalCompleted:currency
        lead_id text leadGenerated:leadId
        lead_value decimal leadGenerated:value
        lead_currency text leadGenerated:currency
        event_name text eventOccurred:name
        event_details json eventOccurred:details
        test_id text testGroupAssigned:testId
        test_group_id text testGroupAssigned:groupId
        slot_id text slotPersonalized:personalization.slotId
        slot_name text slotPersonalized:metadata.slotName
        slot_custom_id text slotPersonalized:metadata.slotCustomId
        experience_id text slotPersonalized:personalization.experienceId
        experience_name text slotPersonalized:metadata.experienceName
        audience_id text slotPersonalized:personalization.audienceId
        audience_name text slotPersonalized:metadata.audienceName
        audience_custom_id text slotPersonalized:metadata.audienceCustomId
        experiment_id text slotPersonalized:personalization.assignedVariant.experimentId
        experiment_name text slotPersonalized:metadata.experimentName
        variant_id text slotPersonalized:personalization.assignedVariant.variantId
        variant_name text slotPersonalized:metadata.variantName
        content_id text slotPersonalized:personalization.contentId
        content_locale text slotPersonalized:personalization.locale
        point_x double userClicked:point.x userScrolled:end.x
        point_y double userClicked:point.y userScrolled:end.y
        since_time timestamp nothingChanged:sinceTime
        """;

    public static async Task RunAsync(Uri address, string ndjson, string parquet)
    {
        await WriteNdjsonAsync(address, ndjson);
        Query($"COPY ({Select(ndjson)}) TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)");
    }

    /// <summary>The number of rows of a Parquet file.</summary>
    public static long CountRows(string parquet) => (long)Query($"SELECT count(*) FROM read_parquet('{parquet}')")!;

    private static object? Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    private static async Task WriteNdjsonAsync(Uri address, string ndjson)
    {
        using var client = Contenders.Client(address);
        await using var file = new FileStream(ndjson, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1024 * 1024);
        await foreach (var page in client.ExportRawPagesAsync(ExportStream.Events))
        {
            foreach (var item in page.Items)
            {
                file.Write(item.Span);
                file.WriteByte((byte)'\n');
            }
        }
    }

    private static string Select(string ndjson)
    {
        var payload = new JsonObject { ["@type"] = "VARCHAR" };
        var columns = PayloadColumns.Split('\n').Select(line => line.Split(' ')).Select(words => Column(payload, words[0], words[1], words[2..])).ToList();
        return $$"""
            SELECT
              id, sessionId AS session_id, userId AS user_id, make_timestamptz(timestamp * 1000) AS timestamp, type,
              context_fields.type AS context_type, context_fields.tabId AS context_tab_id, context_fields.url AS context_url,
              {{string.Join(",\n  ", columns)}},
              context::VARCHAR AS context, payload::VARCHAR AS payload, NULL::VARCHAR AS extra
            FROM (SELECT *, fields."@type" AS type FROM (
              SELECT *,
                json_transform(context, '{"type":"VARCHAR","tabId":"VARCHAR","url":"VARCHAR"}') AS context_fields,
                json_transform(payload, '{{payload.ToJsonString()}}') AS fields
              FROM read_ndjson('{{ndjson}}', columns = {
                id: 'VARCHAR', sessionId: 'VARCHAR', userId: 'VARCHAR', timestamp: 'BIGINT', context: 'JSON', payload: 'JSON'})))
            """;
    }

    /// <summary>The expression of a column; adds its fields to those read from the payloads.</summary>
    private static string Column(JsonObject payload, string name, string type, string[] sources)
    {
        var cases = sources.Select(source => source.Split(':')).Select(source =>
        {
            AddField(payload, source[1].Split('.'), type);
            return $"WHEN type IN ('{source[0].Replace("|", "', '", StringComparison.Ordinal)}') THEN {Value($"fields.{source[1]}", type)}";
        });
        return $"CASE {string.Join(' ', cases)} END AS {name}";
    }

    private static void AddField(JsonObject parent, string[] path, string type)
    {
        foreach (var name in path[..^1])
        {
            if (parent[name] is null) parent[name] = new JsonObject();
            parent = parent[name]!.AsObject();
        }

        // A decimal is read as text, since goals and leads have it in a string, which may not be a number.
        parent[path[^1]] = type switch
        {
            "json" => "JSON",
            "count" => new JsonArray("JSON"),
            "int32" => "INTEGER",
            "double" => "DOUBLE",
            "timestamp" => "BIGINT",
            _ => "VARCHAR",
        };
    }

    private static string Value(string field, string type) => type switch
    {
        "json" => $"{field}::VARCHAR",
        "count" => $"len({field})::INTEGER",
        "decimal" => $"TRY_CAST({field} AS DECIMAL(38,9))",
        "timestamp" => $"make_timestamptz({field} * 1000)",
        _ => field,
    };
}
