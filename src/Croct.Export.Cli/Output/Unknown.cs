using Croct.Export.Models;

namespace Croct.Export.Cli.Output;

/// <summary>What of an item this version does not know: types of events, and fields of the item, its payload and its context.</summary>
internal static class Unknown
{
    public static IEnumerable<string> Of(Event item)
    {
        if (item.Payload is { } payload && payload.GetType() == typeof(EventPayload)) return Fields("", item.AdditionalProperties.Keys).Append($"type {payload.Type}");
        return Fields("", item.AdditionalProperties.Keys)
            .Concat(Fields("payload.", item.Payload?.AdditionalProperties.Keys))
            .Concat(Fields("context.", item.Context?.AdditionalProperties.Keys));
    }

    public static IEnumerable<string> Of(Session item) => Fields("", item.AdditionalProperties.Keys);

    public static IEnumerable<string> Of(User item) => Fields("", item.AdditionalProperties.Keys);

    private static IEnumerable<string> Fields(string path, IEnumerable<string>? names) => (names ?? []).Select(name => $"field {path}{name}");
}
