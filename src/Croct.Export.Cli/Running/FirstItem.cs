namespace Croct.Export.Cli.Running;

/// <summary>The first item of a stream in a window, by one request.</summary>
internal static class FirstItem
{
    public static async Task<(bool HasItem, DateTimeOffset? Time, TimeUnit? Unit)> GetAsync(
        ExportClient client, ExportStream stream, DateTimeOffset? start, DateTimeOffset? end, CancellationToken cancellationToken)
    {
        switch (stream)
        {
            case ExportStream.Events:
                var events = await client.ExportEventsAsync(new EventExportOptions { PageSize = 1, Start = start, End = end }, cancellationToken);
                return (events.Count > 0, events.Count > 0 ? events.Items[0].TimestampUtc : null, events.TimeUnit);
            case ExportStream.Sessions:
                var sessions = await client.ExportSessionsAsync(new SessionExportOptions { PageSize = 1, Start = start, End = end }, cancellationToken);
                return (sessions.Count > 0, sessions.Count > 0 ? sessions.Items[0].CloseTimeUtc : null, sessions.TimeUnit);
            default:
                var users = await client.ExportUsersAsync(new UserExportOptions { PageSize = 1, Start = start, End = end }, cancellationToken);
                return (users.Count > 0, users.Count > 0 ? users.Items[0].LastModifiedTimeUtc : null, users.TimeUnit);
        }
    }
}
