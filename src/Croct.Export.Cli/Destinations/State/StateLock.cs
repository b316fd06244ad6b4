namespace Croct.Export.Cli.Destinations.State;

/// <summary>Keeps a second process away from a state: <c>STATE.lock</c>, which stays there, since deleting it would let two processes lock two files of that name.</summary>
internal static class StateLock
{
    public static string FileOf(string statePath) => statePath + ".lock";

    /// <exception cref="UsageException">Another process has it, or it cannot be written.</exception>
    public static IDisposable Take(string statePath)
    {
        try
        {
            return new FileStream(FileOf(statePath), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(
                Directory.Exists(Path.GetDirectoryName(statePath))
                    ? $"--state '{statePath}' is in use by another process, or cannot be written: {exception.Message}"
                    : $"--state '{statePath}' cannot be written: there is no folder '{Path.GetDirectoryName(statePath)}'.");
        }
    }
}
