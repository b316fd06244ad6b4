namespace Croct.Export.Cli.Destinations.State;

/// <summary>
/// Keeps other processes from using a state, by a lock on <c>STATE.lock</c>. That file is never deleted: otherwise two processes could each lock a file of
/// that name.
/// </summary>
internal static class StateLock
{
    public static string GetFilePath(string statePath) => statePath + ".lock";

    /// <exception cref="UsageException">Another process holds the lock, or the file cannot be written.</exception>
    public static IDisposable Take(string statePath)
    {
        try
        {
            return new FileStream(GetFilePath(statePath), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(
                Directory.Exists(Path.GetDirectoryName(statePath))
                    ? $"--state '{statePath}' is in use by another process, or cannot be written. " +
                    $"Wait for that process to end, or make the folder writable. ({exception.Message})"
                    : $"--state '{statePath}' cannot be written: the folder '{Path.GetDirectoryName(statePath)}' does not exist. Create it first.");
        }
    }
}
